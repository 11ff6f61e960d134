"""A journal: what clients asked, sent and were told, line by line as it happens.

In a file it outlives the process that writes it, whatever becomes of that: each line is one write
to the system, and a request is noted before it is sent.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson

Call = dict[str, Any]
"""A line of a history; checker/history.go names its fields."""
Event = dict[str, Any]
NOTHING: Final = "nothing"
"""The error of a call that came to nothing for certain, as its caller was told."""


class Journal:
    """Of one process. Thread-safe: a thread makes one call after the other."""

    def __init__(self, clock: Callable[[], int], file: Path | None = None) -> None:
        self.clock, self.events = clock, list[Event]()
        self._file = None if file is None else os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._ids, self._threads = count(), threading.local()

    def begin(self, call: Call) -> None:
        self._threads.id = next(self._ids)
        call["call"] = self.clock()
        self._note({"begin": call, "id": self._threads.id})

    def end(self, call: Call, answer: Call | None, *, unknown: bool = False) -> None:
        """`answer`: None when the call came to nothing for certain."""
        call["return"] = None if unknown else self.clock()
        call["answer"] = {"error": NOTHING} if answer is None else answer
        self._note({"end": call, "id": self._threads.id})
        self._threads.id = None

    def sent(self, head: Call) -> int:
        """A head is on its way, as the store is to have it. Threads without a call send as well."""
        mine, request = getattr(self._threads, "id", None), next(self._ids)
        self._note({"head": {**head, "time": self.clock()}, "id": mine, "request": request})
        return request

    def heard(self, request: int, *, landed: bool) -> None:
        """What the sender of a head was told of it for certain."""
        self._note({"request": request, "told": landed})

    def became(self, digest: str, *, landed: bool) -> None:
        """What a store did with bytes that came to it."""
        self._note({"landed" if landed else "refused": digest})

    def _note(self, event: Event) -> None:
        if self._file is None:
            self.events.append({**event})
        else:
            os.write(self._file, orjson.dumps(event) + b"\n")


def events_of(file: Path) -> list[Event]:
    """What a process has noted; the line that it was killed in is left out."""
    events = []
    for line in file.read_bytes().splitlines() if file.exists() else ():
        with suppress(orjson.JSONDecodeError):
            events.append(orjson.loads(line))
    return events


@dataclass(slots=True)
class Told:
    """What one process has noted, put together."""

    calls: list[Call] = field(default_factory=list)
    """Each with its `heads`."""
    others: list[Call] = field(default_factory=list)
    """Heads that were sent in no call's own thread."""
    landed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Told:
        told, calls, heads = cls(), dict[int, Call](), dict[int, Call]()
        for event in events:
            told.landed |= {event["landed"]} if "landed" in event else set()
            told.refused |= {event["refused"]} if "refused" in event else set()
            if "begin" in event:
                calls[event["id"]] = {**event["begin"], "return": None, "answer": {}, "heads": []}
            elif "end" in event:
                calls[event["id"]].update(event["end"])
            elif "head" in event:
                heads[event["request"]] = head = {**event["head"], "landed": None}
                mine = event["id"] is not None
                (calls[event["id"]]["heads"] if mine else told.others).append(head)
            elif "told" in event:
                heads[event["request"]]["landed"] = event["told"]
        told.calls = [*calls.values()]
        return told

    def has(self, digest: str) -> bool | None:
        """Whether it was there; None when nobody can tell."""
        return True if digest in self.landed else False if digest in self.refused else None

    @property
    def heads(self) -> Iterator[Call]:
        yield from self.others
        for call in self.calls:
            yield from call["heads"]
