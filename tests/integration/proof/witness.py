"""What really became of calls whose outcome nobody could tell: seen at the store itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, BlobInfo, PutOptions
from ingenious_storage.layers.base import Layer
from tests.library.documents.faults.scenario import KEY

Call = dict[str, Any]


class Landed:
    """The revisions that ever were the newest one, by write id."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def note(self, head: bytes) -> None:
        """A head has been written."""
        fields = orjson.loads(head)
        with self._lock:
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


def _erased(fields: Mapping[str, Any]) -> int | None:
    """How many revisions the document had whose purge left this head; None if it is another head.

    -1: nobody could read it.
    """
    if not (fields["deleted"] and fields["number"] == 1):
        return None
    return fields["purges"]["newest"][-1]["number"] or -1


class _Heads(Layer):
    """Looks at the heads that are put."""

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        if key == KEY:
            self.going(data)
        info = super().put(key, data, options)
        if key == KEY:
            self.taken(data)
        return info

    def going(self, head: bytes) -> None:
        """It is sent."""

    def taken(self, head: bytes) -> None:
        """It has landed."""


class Witness(_Heads):
    """Tells `landed` of each head that the store has taken."""

    def __init__(self, inner: Backend, landed: Landed) -> None:
        super().__init__(inner)
        self._landed = landed

    def taken(self, head: bytes) -> None:
        self._landed.note(head)


class Sent(_Heads):
    """A client's line, which remembers for each thread the write id that it sent last."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._threads = threading.local()

    @property
    def write_id(self) -> str | None:
        return getattr(self._threads, "write_id", None)

    def begin(self) -> None:
        """A new call: nothing is sent yet."""
        self._threads.write_id = None

    def going(self, head: bytes) -> None:
        self._threads.write_id = orjson.loads(head)["write_id"]
