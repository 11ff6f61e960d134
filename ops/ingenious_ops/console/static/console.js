// What the pages need beyond htmx. The policy allows no inline script, so handlers are added here.
"use strict";

// After a swap, screen readers hear what the new piece says of itself.
document.addEventListener("htmx:after:swap", () => {
  const live = document.getElementById("live");
  const said = document.querySelector("[data-announce]");
  if (live && said) live.textContent = said.dataset.announce;
});

// <select data-submit>: a choice is enough.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// <button data-copy="id">: the text of that element, to the clipboard.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  document.getElementById("live").textContent = "Copied";
});

// "/" goes to the search, as in other tools of operators.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const search = document.querySelector("[data-search]");
  if (event.key !== "/" || typing || !search || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
});
