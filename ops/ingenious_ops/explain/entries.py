"""Names in the tables of the pages, and what their rows say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Final

from ingenious_ops.explain.pages import pages
from ingenious_storage.errors import NotFoundError

_NAMING: Final = ("code", "service code", "check", "error", "key", "variable", "metric", "rule")
"""Headers of the columns whose names are looked for."""
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table.

    Attributes:
        page: the name of its page.
        names: what it is found by.
        cells: what it says, by the header of the column; without the empty ones.
        text: what the page says about its error beside the table, or "".
    """

    page: str
    names: tuple[str, ...]
    cells: dict[str, str]
    text: str


def find(name: str) -> list[Entry]:
    """The rows about `name`: a code, a check of doctor, a key or variable, a metric, a rule.

    Raises: NotFoundError, with the nearest names.
    """
    found = [entry for entry in entries() if name in entry.names]
    if found:  # and what an alias stands for
        means = " ".join(entry.cells.get("means", "") for entry in found)
        return found + [each for key in re.findall(r"`([^`]+)`", means) for each in find(key)]
    known = {each for entry in entries() for each in entry.names} | set(pages())
    near = get_close_matches(name[:80], sorted(known), n=3)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    hint += "`ingenious-storage explain` lists the codes and the pages."
    raise NotFoundError(f"no page is about {name[:80]!r}", hint=hint)


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every page that comes with this release."""
    return tuple(entry for name, text in pages().items() for entry in _of_page(name, text))


def _of_page(page: str, text: str) -> Iterator[Entry]:
    headers: list[str] = []
    for line in text.splitlines():
        if line.startswith("|---"):
            continue
        if not line.startswith("| "):
            headers = []
        elif not headers:
            headers = [cell.lower() for cell in _cells(line)]
        elif any(header in _NAMING for header in headers):
            row = dict(zip(headers, _cells(line), strict=True))
            naming = " ".join(row[header] for header in headers if header in _NAMING)
            names = tuple(re.findall(r"`([^`]+)`", naming))
            cells = {key: cell for key, cell in row.items() if cell}
            yield Entry(page, names, cells, _beside(text, names))


def _cells(line: str) -> list[str]:
    return [_LINK.sub(r"\1", cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _beside(text: str, names: tuple[str, ...]) -> str:
    """The paragraphs that begin with the bold name of one of `names`."""
    for name in names:
        found = re.search(
            rf"^\*\*`{re.escape(name)}`\.\*\*.*?(?=^\*\*`|^## |\Z)", text, re.DOTALL | re.MULTILINE
        )
        if found:
            return found[0].strip()
    return ""
