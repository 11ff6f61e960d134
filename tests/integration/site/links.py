"""Links of the built site: each leads to an anchor in it, and no page fetches from elsewhere.

`python -m tests.integration.site.links FOLDER` prints those that do not, and then ends with 1.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Document(HTMLParser):
    """A page: its anchors, what it links to, and what a browser fetches with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.anchors, self.links, self.fetched = set[str](), set[str](), set[str]()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        links = {given[name] for name in ("href", "src") if name in given}
        self.links |= links
        if tag != "a":
            self.fetched |= links


def broken_links(site: Path) -> list[str]:
    """`page: link` for each link that leads nowhere, and each that fetches from another host."""
    documents = {path: Document(path) for path in sorted(site.resolve().rglob("*.html"))}
    return [
        f"{document.path.relative_to(site.resolve())}: {link}"
        for document in documents.values()
        for link in sorted(document.links)
        if not _is_good(link, document, documents, site.resolve())
    ]


def _is_good(link: str, source: Document, documents: dict[Path, Document], site: Path) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return link not in source.fetched
    path = unquote(parts.path)
    start = site if path.startswith("/") else source.path.parent
    target = (start / path.lstrip("/")).resolve() if path else source.path
    if target == site:
        target /= "index.html"
    if not target.is_relative_to(site) or not target.is_file():
        return False
    anchor = unquote(parts.fragment)
    return not anchor or (target in documents and anchor in documents[target].anchors)


if __name__ == "__main__":
    found = broken_links(Path(sys.argv[1]))
    sys.exit("\n".join(["These links lead nowhere:", *found]) if found else 0)
