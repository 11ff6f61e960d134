"""Rendering: templates with every value escaped, and the headers of each page."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ingenious_ops.api.context import context_of
from ingenious_ops.api.identity.principal import Access, Principal
from ingenious_ops.console import flashes, forms
from ingenious_ops.console.links import link_of, static_of
from ingenious_ops.console.navigation import items
from ingenious_ops.console.shown import words
from ingenious_storage.config import Role

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("ingenious_ops.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(
    size=words.size,
    number=words.number,
    iso=words.iso,
    minute=words.minute,
    age=words.age,
    plain=words.plain,
    token=forms.token_of,
)
_ENVIRONMENT.globals["version"] = version("ingenious-storage")


def page(
    request: Request, template: str, who: Principal | None, *, status: int = 200, **values: Any
) -> Response:
    """A page, or a piece of one, for `who`; None: somebody who has not signed in.

    A template has, besides `values`: `who`, `may(access, container)`, `link(page, **query)`,
    `static(name)`, `csrf`, `now` (by the clock of the documents), and the frame's own.
    """
    context = context_of(request)
    storage = context.storage
    flash = flashes.flash_of(request)

    def may(access: str, container: Role) -> bool:
        return who is not None and who.may(Access[access.upper()], container)

    text = _ENVIRONMENT.get_template(template).render(
        who=who,
        status=status,
        may=may,
        link=link_of(request),
        static=static_of(request),
        nav=items(request, may),
        csrf=context.sessions.csrf(request),
        signed_in=not context.authenticator.is_open,
        flash=flash,
        now=storage.memory.documents.clock(),
        place=storage.data.backend.place or storage.settings.storage.type,
        **values,
    )
    answer = HTMLResponse(text, status, _HEADERS)
    if flash is not None:
        flashes.forget(request, answer)
    return answer
