"""Prompt sets: their list, the files of one, its history, and all that changes it."""

from __future__ import annotations

from ingenious_ops.console.pages.sets import (
    beginning,
    changing,
    comparing,
    editing,
    history,
    listing,
    looking,
)

ROUTERS = (
    listing.router,
    looking.router,
    history.router,
    comparing.router,
    editing.router,
    changing.router,
    beginning.router,
)
