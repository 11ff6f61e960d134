"""The pages that come with a release: the documentation, and a runbook for each alert."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from ingenious_ops.shipped import shipped
from ingenious_storage.errors import StorageError

_ALERT: Final = re.compile(r"`(IngeniousStorage\w+)`")


@cache
def pages() -> dict[str, str]:
    """Markdown by the name of its page: "errors", "configuration", and runbooks as "conflicts".

    Raises: StorageError when this installation holds none.
    """
    try:
        return dict(_pages())
    except FileNotFoundError as error:
        problem = "this installation holds no pages"
        raise StorageError(problem, hint="Install the package again.") from error


def page_of(name: str) -> str | None:
    """The name of the page that is called so, or that is the runbook of this alert."""
    if name in pages():
        return name
    intros = ((page, text.partition("\n## ")[0]) for page, text in pages().items())
    return next((page for page, intro in intros if name in _ALERT.findall(intro)), None)


def _pages() -> Iterator[tuple[str, str]]:
    yield "readme", shipped("README.md").read_text(encoding="utf-8")
    for folder in ("docs", "docs/frameworks", "ops/runbooks"):
        for path in sorted(shipped(folder).glob("*.md")):
            yield path.stem, path.read_text(encoding="utf-8")
