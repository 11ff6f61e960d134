"""Rows of documents that tests put into an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ingenious_storage.catalogue import Row

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def key_of(name: str) -> str:
    return f"conversations/{name}/memory.json"


def row(name: str, text: str = "", **fields: Any) -> Row:
    """Of a memory; `at`: seconds after BEGAN that it was changed."""
    known: dict[str, Any] = {
        "kind": "memory",
        "key": key_of(name),
        "etag": "1",
        "revision": 1,
        "changed": BEGAN + timedelta(seconds=fields.pop("at", 0)),
        "author": None,
        "message": None,
        "tags": (),
        "size": len(text),
        "deleted": False,
    }
    return Row(name=name, text=text, **known | fields)


def many(number: int, *, text: str = "hello {}", start: int = 0) -> Iterator[Row]:
    """`number` rows, a second apart."""
    return (row(f"chat-{n:05d}", text.format(n), at=n) for n in range(start, start + number))
