"""Pages of a list, one after the other, as a client reads them; a list that never ends fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

MOST = 100


def pages(ask: Callable[..., Any], **parameters: object) -> Iterator[Any]:
    """The answer of each page; `next` is followed when the caller has done with the one before."""
    for _ in range(MOST):
        answer = ask(**parameters)
        yield answer
        following = answer.json()["next"]
        if following is None:
            return
        parameters["page"] = following
    raise AssertionError(f"more than {MOST} pages")
