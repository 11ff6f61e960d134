"""Scan: what is done without a catalogue. Each memory is loaded from the store and looked into."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from time import process_time

from benchmarks.catalogue.corpus import rows, word
from benchmarks.machine import SCRATCH
from ingenious_storage import Storage
from ingenious_storage.catalogue.words.text import text_of
from ingenious_storage.config import Settings, StorageSettings


def seconds_of(documents: int, *, of: int) -> float:
    """CPU seconds to look into the first `documents` of the corpus of `of`, in a plain folder."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        settings = Settings(storage=StorageSettings(base_path=Path(folder)))
        with Storage(settings) as storage:
            _save(storage, documents, of)
            start = process_time()
            assert 0 < _found(storage, word(3000)) < documents
            return process_time() - start


def _save(storage: Storage, documents: int, of: int) -> None:
    given = islice(rows(of), documents)
    while some := [*islice(given, 500)]:
        storage.memory.save_many(
            {row.name: {"messages": [{"role": "user", "content": row.text}]} for row in some}
        )


def _found(storage: Storage, words: str) -> int:
    memories = map(storage.memory.load_memory, storage.memory.list_conversations())
    return sum(words in text_of("memory", data) for data in memories)
