"""Corpus: conversations on disk in the format of the product, made behind it.

Nobody asks for each whether it is there, and nothing is synced: a million take some minutes. The
texts are those of the catalogue's benchmark, the times those of one year, in no order.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.catalogue.corpus import rows
from ingenious_storage import jsondata
from ingenious_storage.documents.format.head import Draft, advance
from ingenious_storage.documents.format.revision import NO_NOTE
from ingenious_storage.services.kinds import MEMORIES

_FIRST_MADE: Final = datetime(2025, 11, 1, tzinfo=UTC)
_YEAR: Final = timedelta(days=365)


def memory_of(text: str) -> dict[str, Any]:
    """A conversation of one message."""
    return {"messages": [{"role": "user", "content": text}]}


def head(name: str, text: str, *, write_id: str, created_at: datetime) -> bytes:
    """The blob of the conversation `name` after its first save."""
    made = advance(
        None,
        Draft(jsondata.dumps(memory_of(text)), NO_NOTE),
        key=MEMORIES.key(name),
        name=name,
        write_id=write_id,
        created_at=created_at,
        sealed=None,
    )
    return made.encode()


def write(container: Path, conversations: int) -> None:
    """So many below the folder of a container, over what is there."""
    random = Random(14)
    for row in rows(conversations):
        write_id = f"{random.getrandbits(64):016x}"
        created_at = _FIRST_MADE + random.random() * _YEAR
        place = container / row.key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(head(row.name, row.text, write_id=write_id, created_at=created_at))
