"""What really became of calls whose outcome nobody could tell: seen at the store itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, BlobInfo, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import KeyDestroyedError
from ingenious_storage.layers.base import Layer
from tests.library.documents.faults.scenario import KEY
from tests.support.layering import behind

Call = dict[str, Any]


class Landed:
    """The revisions that ever were the newest one, by write id."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock, self._keys = threading.Lock(), Keys()

    def note(self, key: str, data: bytes) -> None:
        """A blob has been written, as the store has it."""
        with self._lock:
            if key.startswith("keys/"):
                self._keys.note(key, data)
            elif key == KEY:
                fields = orjson.loads(self._keys.opened(data))
                self._numbers[fields["write_id"]] = _erased(fields) or fields["number"]

    def settle(self, calls: Iterable[Call]) -> list[Call]:
        """The history without what came to nothing; what landed gets its number.

        Porcupine could find that out by itself, but not soon: with 50 writes that may have landed
        at any time, it would look at all their orders.
        """
        settled = []
        for call in calls:
            if call["return"] is None:
                call["landed"] = self._numbers.get(call["answer"].get("write_id"), 0)
                if not call["landed"]:
                    continue
            settled.append(call)
        return settled


class Keys:
    """All records of keys that there ever were, since those of a purged document are destroyed."""

    def __init__(self) -> None:
        self._states = [InMemoryBackend()]

    def note(self, key: str, data: bytes) -> None:
        """A record has been written: another state of all of them."""
        state = InMemoryBackend()
        for info in self._states[-1].iterate("keys/"):
            state.put(info.key, self._states[-1].get(info.key).data)
        state.put(key, data)
        self._states.append(state)

    def opened(self, head: bytes) -> bytes:
        """A head as it was before it was sealed."""
        for state in reversed(self._states):
            state.put(KEY, head)
            with suppress(KeyDestroyedError):
                return behind(state).get(KEY).data
        raise AssertionError("sealed by a key that was never there")


def _erased(fields: Mapping[str, Any]) -> int | None:
    """How many revisions the document had whose purge left this head; None if it is another head.

    -1: nobody could read it.
    """
    if not (fields["deleted"] and fields["number"] == 1):
        return None
    return fields["purges"]["newest"][-1]["number"] or -1


class Witness(Layer):
    """Tells `landed` of each blob that the store has taken."""

    def __init__(self, inner: Backend, landed: Landed) -> None:
        super().__init__(inner)
        self._landed = landed

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        info = super().put(key, data, options)
        self._landed.note(key, data)
        return info


class Sent(Layer):
    """A client's own stack, which remembers for each thread the write id that it sent last."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._threads = threading.local()

    @property
    def write_id(self) -> str | None:
        return getattr(self._threads, "write_id", None)

    def begin(self) -> None:
        """A new call: nothing is sent yet."""
        self._threads.write_id = None

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        if key == KEY:
            self._threads.write_id = orjson.loads(data)["write_id"]
        return super().put(key, data, options)
