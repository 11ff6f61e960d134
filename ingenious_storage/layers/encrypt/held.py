"""Held: what a process knows of the keys of one document."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingenious_storage.backends.base import REWRITE
from ingenious_storage.layers.encrypt.envelope import Key
from ingenious_storage.layers.encrypt.records import Entry


@dataclass(slots=True)
class Held:
    """What this process knows of a document's keys."""

    entries: tuple[Entry, ...]
    etag: str | None
    """Of the record; None when there is none."""
    keys: dict[bytes, Key] = field(default_factory=dict)
    """Those that were unwrapped."""
    current: bytes | None = None
    """The key of the head that was seen last."""

    def find(self, key_id: bytes | None) -> Entry | None:
        """The entry with this id."""
        return next((entry for entry in self.entries if entry.id == key_id), None)

    @property
    def is_shared(self) -> bool:
        """Whether those who begin at the same time may take the newest."""
        return bool(self.entries) and not is_of_rewrite(self.entries[0])

    def is_before(self, key_id: bytes) -> bool:
        """Whether it was made before the current key.

        Then its head was read before a purge, by who was slow, and the key is about to be
        destroyed.
        """
        if key_id == self.current:
            return False
        newest_first = [entry.id for entry in self.entries]
        if self.current not in newest_first or key_id not in newest_first:
            return False
        return newest_first.index(key_id) > newest_first.index(self.current)


def is_of_rewrite(entry: Entry) -> bool:
    """Whether a rewrite has made it, which destroys it when it does not land."""
    return entry.after is not None and entry.after.startswith(REWRITE)
