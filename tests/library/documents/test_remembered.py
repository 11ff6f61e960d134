"""What a reader remembers of heads is bounded by the bytes that they really take."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.reader import Reader
from ingenious_storage.file_storage import FileStorage

DOCUMENTS = 60


@pytest.mark.parametrize("revisions", [1, 6])
def test_as_much_as_is_counted(revisions: int) -> None:
    files = FileStorage(InMemoryBackend())
    files.ensure_container()
    store = DocumentStore(files)
    keys = [f"conversations/{number}/memory.json" for number in range(DOCUMENTS)]
    for key in keys:
        for number in range(revisions):
            store.save(key, {"messages": [{"role": "user", "content": f"message {number}"}]})
    reader = Reader(files)
    gc.collect()
    tracemalloc.start()
    try:
        for key in keys:
            reader.read(key)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.6 < taken / reader.heads.used < 1.2
