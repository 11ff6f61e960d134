"""One conversation: what was said, its history, and what can be done with it."""

from __future__ import annotations

from ingenious_ops.console.pages.conversation import (
    changing,
    comparing,
    erasing,
    looking,
)

ROUTERS = (looking.router, comparing.router, changing.router, erasing.router)
