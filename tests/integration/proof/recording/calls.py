"""Calls on one versioned document: what clients ask for by lot, and what they are told.

A call is a line of a recorded history; tests/integration/proof/checker/history.go names its fields.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ingenious_storage.documents import Document, DocumentStore, Revision, RevisionId, purge
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    RevisionPrunedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tests.integration.proof.witness import Call, Sent
from tests.library.documents.faults.scenario import KEY
from tests.support.writers import with_one_more

HISTORY: Final = 6
"""How many revisions a history asks for."""
MIX: Final[Mapping[str, int]] = {
    "load": 25,
    "append": 23,
    "save": 18,
    "create": 8,
    "delete": 5,
    "restore": 4,
    "rollback": 4,
    "history": 3,
    "purge": 10,
}
"""In a hundred calls."""
READS: Final = frozenset({"load", "history"})


@dataclass(slots=True)
class Client:
    """One who asks by lot, and remembers what it saw last."""

    number: int
    lot: random.Random
    mix: Mapping[str, int]
    turn: int = 0
    seen: RevisionId = field(default_factory=lambda: RevisionId(0, ""))

    def ask(self) -> Call:
        """The next call, without its times and answer."""
        self.turn += 1
        kind = self.lot.choices([*self.mix], [*self.mix.values()])[0]
        call: Call = {"client": self.number, "kind": kind}
        if kind in ("save", "create", "append"):
            call["item"] = f"{self.number}/{self.turn}"
        if kind == "save" and self.lot.random() < 0.6:
            call["expected"] = {"number": self.seen.number}
            if self.seen.number and self.lot.random() < 0.5:
                call["expected"]["write_id"] = self.seen.write_id
        if kind == "rollback" or (kind == "load" and self.lot.random() < 0.15):
            newest = self.seen.number
            call["revision"] = self.lot.randint(max(1, newest - 20), newest + 1)
        return call

    def hear(self, call: Call) -> None:
        answer = call["answer"]
        if call["kind"] == "purge":
            self.seen = RevisionId(0, "")
        elif "revision" in call:
            return
        elif answer.get("error") == "not_found":
            self.seen = RevisionId(0, "")
        elif "number" in answer:
            self.seen = RevisionId(answer["number"], answer["write_id"])


def record(call: Call, store: DocumentStore, sent: Sent, clock: Callable[[], int]) -> bool:
    """Make the call, and note its times and answer; False when it came to nothing for certain.

    What is told to be unknown has no end, and the write id that was `sent`. An error that a store
    which works never gives is noted under its code, and the checker refuses it.
    """
    sent.begin()
    call["call"], call["return"] = clock(), None
    try:
        answer = _send(call, store)
    except StorageError as error:
        if error.outcome_unknown and call["kind"] not in READS:
            call["answer"] = {"write_id": sent.write_id}
            return sent.write_id is not None
        if isinstance(error, UnavailableError | TimeoutError | ThrottledError):
            return False
        answer = {"error": _told(error)}
    call["return"], call["answer"] = clock(), answer
    return True


def look(store: DocumentStore, sent: Sent, client: int, clock: Callable[[], int]) -> list[Call]:
    """What is there when all is over, as one sees it who was never there before."""
    told: list[Call] = [{"kind": "load"}, {"kind": "history", "limit": None}]
    for call in told:
        call["client"] = client
        assert record(call, store, sent, clock)
    return told


def _told(error: StorageError) -> str:
    known = {
        "conflict": ConflictError,
        "already_exists": AlreadyExistsError,
        "not_found": NotFoundError,
    }
    if isinstance(error, RevisionPrunedError):  # nobody prunes
        return error.code
    return next((name for name, kind in known.items() if isinstance(error, kind)), error.code)


def _send(call: Call, store: DocumentStore) -> dict[str, Any]:
    item = call.get("item", "")
    match call["kind"]:
        case "load":
            return _read(store.load(KEY, revision=call.get("revision")))
        case "history":
            newest, *older = store.history(KEY, limit=call.get("limit", HISTORY))
            return {**_of(newest), "write_ids": [r.write_id for r in (newest, *older)]}
        case "save":
            return _of(store.save(KEY, [item], expected=_expected(call)))
        case "append":
            return _of(store.update(KEY, with_one_more(item)))
        case "create":
            return _of(store.create(KEY, [item]))
        case "delete":
            return _of(store.delete(KEY))
        case "restore":
            return _of(store.restore(KEY))
        case "rollback":
            return _of(store.rollback(KEY, call["revision"]))
        case "purge":
            receipt = purge(store, KEY)
            return {"number": receipt.revisions} if receipt.revisions else {}
    raise AssertionError(call)


def _expected(call: Call) -> int | RevisionId | None:
    match call.get("expected"):
        case None:
            return None
        case {"number": int(number), "write_id": str(write_id)}:
            return RevisionId(number, write_id)
        case pin:
            return int(pin["number"])


def _of(revision: Revision) -> dict[str, Any]:
    return {"number": revision.number, "write_id": revision.write_id}


def _read(document: Document) -> dict[str, Any]:
    return {**_of(document.revision), "data": document.data}
