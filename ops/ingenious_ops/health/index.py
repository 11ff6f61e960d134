"""The page at `/`: which endpoints there are, for who opens the address in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

_MEANINGS: Final = {
    "livez": "this process runs",
    "readyz": "the storage answers",
    "startupz": "the storage has answered once",
    "health": "the same as readyz, with version and notes",
    "metrics": "for Prometheus",
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{service}: {status}</title>
<h1>{service}: {status}</h1>
<p>{output}</p>
<ul>
{links}
</ul>
"""


def page(service_id: str, verdict: Mapping[str, Any]) -> str:
    """Links are relative, so that it works wherever it is mounted."""
    links = (f'<li><a href="{name}">{name}</a>: {text}</li>' for name, text in _MEANINGS.items())
    return _PAGE.format(
        service=escape(service_id),
        status=escape(verdict["status"]),
        output=escape(verdict.get("output", "")),
        links="\n".join(links),
    )
