// The board of labels: a label goes to another revision by drag or by arrow keys. Both only lead to
// the page that shows what changes; nothing is moved here.
"use strict";

(() => {
  const chips = document.querySelectorAll(".chip");
  const rows = [...document.querySelectorAll(".lane > li")];
  const live = document.getElementById("live");
  let dragged = null;

  const revisionOf = (row) => `revision ${row.dataset.revision} of ${row.parentElement.dataset.set}`;

  const go = (chip, row) => {
    if (row === chip.closest("li")) return;
    const url = new URL(chip.href);
    url.searchParams.set("set_name", row.parentElement.dataset.set);
    url.searchParams.set("revision", row.dataset.revision);
    location.assign(url);
  };

  const target = (row) => {
    for (const each of rows) each.classList.toggle("target", each === row);
  };

  for (const chip of chips) {
    chip.addEventListener("dragstart", (event) => {
      dragged = chip;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", chip.dataset.label);
    });
    chip.addEventListener("dragend", () => {
      dragged = null;
      target(null);
    });
    chip.addEventListener("keydown", (event) => {
      const at = rows.indexOf(document.querySelector(".lane > .target") ?? chip.closest("li"));
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step !== undefined) {
        event.preventDefault();
        const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
        target(row);
        row.scrollIntoView({ block: "nearest" });
        live.textContent = `${chip.dataset.label} to ${revisionOf(row)}. Enter shows what changes.`;
      } else if (event.key === "Enter" && rows[at] !== chip.closest("li")) {
        event.preventDefault();
        go(chip, rows[at]);
      } else if (event.key === "Escape") {
        target(null);
        live.textContent = "";
      }
    });
    chip.addEventListener("blur", () => target(null));
  }

  for (const row of rows) {
    row.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      target(row);
    });
    row.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      go(dragged, row);
    });
  }
})();
