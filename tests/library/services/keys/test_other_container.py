"""Memories in the container of another role are sealed by its key, and a purge says so."""

from __future__ import annotations

import pytest

from ingenious_storage import KeyDestroyedError, MemoryManager, Storage
from tests.library.services.keys.setting import MAGIC, Setting

HEAD = "conversations/c/memory.json"


def memories(storage: Storage, container: str) -> MemoryManager:
    return storage.memory if container == "ingenious-data" else MemoryManager(storage.revisions)


@pytest.mark.parametrize("container", ["ingenious-data", "ingenious-revisions"])
def test_a_receipt_says_whether_copies_can_be_read(setting: Setting, container: str) -> None:
    memory = memories(setting.made(), container)
    memory.save_memory("c", {"text": "secret"})
    copy = setting.blobs(container)
    assert copy[HEAD].startswith(MAGIC)
    receipt = memory.purge_memory("c")
    setting.stores[container].put(HEAD, copy[HEAD])
    again = memories(setting.storage(), container)
    if container == "ingenious-data":
        assert (len(receipt.keys or ()), receipt.copies_readable) == (1, False)
        with pytest.raises(KeyDestroyedError):
            again.load_memory("c")
    else:
        assert (receipt.keys, receipt.copies_readable) == ((), True)
        assert again.load_memory("c") == {"text": "secret"}


def test_what_is_not_encrypted_stays_readable_too(setting: Setting) -> None:
    memory = setting.plain().memory
    memory.save_memory("c", 1)
    receipt = memory.purge_memory("c")
    assert (receipt.keys, receipt.copies_readable) == (None, True)
