"""Trees: any JSON as nested lists that open and close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ingenious_ops.console.shown.json_text import indented

MOST_NODES: Final = 1_000
MOST_LEVELS: Final = 16
"""Deeper values are shown as text."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value, below its key or its place in a list."""

    key: str | None
    text: str
    """Of a value that holds no others; else how many it holds."""
    children: tuple[Node, ...] = ()
    left_out: int = 0
    """Children that are not shown."""


def tree_of(data: Any) -> Node:
    """The first MOST_NODES values of `data`."""
    return _Builder().node(None, data, 0)


class _Builder:
    def __init__(self) -> None:
        self._left = MOST_NODES

    def node(self, key: str | None, value: Any, level: int) -> Node:
        self._left -= 1
        if not isinstance(value, (dict, list)) or not value or level >= MOST_LEVELS:
            return Node(key, indented(value))
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        children = list[Node]()
        for name, child in pairs:
            if self._left <= 0:
                break
            children.append(self.node(str(name), child, level + 1))
        text = f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"
        return Node(key, text, tuple(children), len(value) - len(children))
