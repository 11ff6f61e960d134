"""Rendering: templates with every value escaped, and the headers of each page."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from ingenious_ops.api.identity.principal import Principal

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("ingenious_ops.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, who: Principal, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, or a piece of one, for `who`."""
    text = _ENVIRONMENT.get_template(template).render(who=who, **values)
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(text, status, headers)
