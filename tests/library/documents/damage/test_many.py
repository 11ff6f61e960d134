"""Verify and gc of very many documents: memory is bounded, whatever their number."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support.peak import peak_of

DOCUMENTS = 200_000
MEGABYTES = 200

SCRIPT = """
import sys
from datetime import UTC, datetime
from ingenious_storage.backends.base import Blob, BlobInfo, Page
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, gc, verify
from ingenious_storage.documents.format.head import Draft, advance
from ingenious_storage.documents.format.revision import NO_NOTE
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.kinds import MEMORIES

COUNT, PAGE, NOW = int(sys.argv[1]), 5000, datetime.now(UTC)


class Many(InMemoryBackend):
    def get(self, key, options=None):
        draft = Draft(b'{"messages":[{"role":"user","content":"Hi"}]}', NO_NOTE)
        made = {"key": key, "name": "x", "write_id": "ab", "created_at": NOW, "sealed": None}
        data = advance(None, draft, **made).encode()
        return Blob(data, BlobInfo(key, len(data), "e", NOW, "application/json"))

    def list(self, prefix="", *, delimiter=None, token=None, limit=PAGE):
        start = int(token or 0)
        end = min(start + PAGE, COUNT) if prefix == "conversations/" else 0
        keys = (MEMORIES.key(f"chat-{number:08d}") for number in range(start, end))
        blobs = tuple(BlobInfo(key, 1000, "e", NOW, "application/json") for key in keys)
        return Page(blobs, (), str(end) if end and end < COUNT else None)


store = DocumentStore(FileStorage(Many()), owns=MEMORIES.owns)
report = verify(store, "conversations/")
assert (report.documents, report.revisions, report.problems) == (COUNT, COUNT, ())
assert gc(store, "conversations/").keys == ()
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="asks the system for a process's memory")
def test_memory_is_bounded() -> None:
    assert peak_of(sys.executable, "-c", SCRIPT, str(DOCUMENTS)) / 1024**2 < MEGABYTES
