"""One label: what it pins, and where it was: `/console/label`."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.pages.sets.parameters import NameIn
from ingenious_ops.console.prompts.steps import step_back
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router

STEP: Final = 20
"""Moves that are shown at first, and that "Show more" adds."""

router = pages_router()


@router.get("/label")
def label(
    request: Request,
    who: PromptReader,
    storage: StorageOf,
    name: NameIn,
    limit: Annotated[int, Query(ge=1, le=1000)] = STEP,
) -> Response:
    """What it pins, and its moves, newest first."""
    now = storage.prompts.get_label(name)
    moves = storage.prompts.label_history(name, limit=limit + 1)
    return page(
        request,
        "labels/label.html",
        who,
        it=now,
        moves=moves[:limit],
        by_number={move.moved.number: move for move in moves},
        back=step_back(moves),
        more=limit + STEP if len(moves) > limit else None,
    )
