"""Navigation: the sections of the console, those that somebody may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from ingenious_ops.console.links import HOME, link_of
from ingenious_storage.config import Role


@dataclass(frozen=True, slots=True)
class Section:
    """One of them: its pages are `page` and those whose first word is in `pages`."""

    name: str
    page: str
    container: Role | None
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A section as the frame of a page shows it."""

    name: str
    url: str
    current: bool


SECTIONS: Final = (
    Section("Overview", "", None),
    Section("Conversations", "conversations", "data", ("conversation",)),
    Section("Agents", "agents", "data"),
    Section("Prompt sets", "sets", "revisions", ("set",)),
    Section("Labels", "labels", "revisions", ("label",)),
    Section("Search", "search", None),
)


def items(request: Request, may: Callable[[str, Role], bool]) -> list[Item]:
    """In their order; the one of this page is current."""
    link, at = link_of(request), _first_word(request)
    return [
        Item(each.name, link(each.page), at == each.page or at in each.pages)
        for each in SECTIONS
        if each.container is None or may("reader", each.container)
    ]


def _first_word(request: Request) -> str:
    """Of the path below the console's home."""
    _, _, rest = request.url.path.partition(f"{HOME}/")
    return rest.partition("/")[0]
