"""What processes do beside each other: one rewrites a history again and again, others write it."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread

from ingenious_storage.documents import RewriteReceipt, rewrite
from ingenious_storage.errors import NotFoundError
from ingenious_storage.services.kinds import MEMORIES
from ingenious_storage.services.memory import MemoryManager
from tests.support.writers import CONVERSATION, Place, Saved, append_many

KEY = MEMORIES.key(CONVERSATION)


def erase_or_append(
    number: int, place: Place, turns: int, rewrites: int
) -> list[RewriteReceipt] | list[Saved]:
    """The first process takes out all but each seventh revision; all others append, in threads."""
    if number == 0:
        return [*_erased(place, rewrites)]
    saved: list[Saved] = []

    def write(thread: int) -> None:
        saved.append(append_many(10 * number + thread, place, turns))

    threads = [Thread(target=write, args=(thread,)) for thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return saved


def _erased(place: Place, rewrites: int) -> list[RewriteReceipt]:
    files = place.files()
    store = MemoryManager(files).documents
    receipts: list[RewriteReceipt] = []
    while len(receipts) < rewrites:
        with suppress(NotFoundError):
            head = store.existing(KEY)
            gone = {number for number in range(1, head.number - 2) if number % 7}
            receipts.append(rewrite(store, KEY, without=gone))
    files.close()
    return receipts
