"""Labels: the board of what each pins, one label with its history, and its moves."""

from __future__ import annotations

from ingenious_ops.console.pages.labels import board, looking, moving, naming

ROUTERS = (board.router, looking.router, moving.router, naming.router)
