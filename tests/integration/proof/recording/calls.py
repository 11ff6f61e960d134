"""Calls on versioned documents: what clients ask for by lot, and what they are told."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingenious_storage.documents import (
    Document,
    DocumentStore,
    Groups,
    PruneReport,
    RevisionId,
    prune,
    purge,
    rewrite,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    RevisionPrunedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.jsondata import Json
from tests.integration.proof.recording.journal import Call, Journal
from tests.support.writers import with_one_more

HISTORY: Final = 6
"""How many revisions a history asks for."""
MIX: Final[Mapping[str, int]] = {
    "load": 23,
    "append": 14,
    "join": 12,
    "save": 14,
    "create": 7,
    "delete": 5,
    "restore": 4,
    "rollback": 4,
    "history": 3,
    "purge": 8,
    "prune": 3,
    "rewrite": 3,
}
"""In a hundred calls."""
READS: Final = frozenset({"load", "history", "label_of"})
NOWHERE: Final = RevisionId(0, "")
Answer = dict[str, Any]


def keys(count: int) -> list[str]:
    return [f"conversations/{number}/memory.json" for number in range(count)]


@dataclass(slots=True)
class Client:
    """One who asks by lot, and remembers what it saw last."""

    number: int
    lot: random.Random
    mix: Mapping[str, int]
    keys: Sequence[str]
    turn: int = 0
    seen: dict[str, RevisionId] = field(default_factory=dict)

    def ask(self) -> Call:
        """The next call, without its times and answer."""
        self.turn += 1
        kind = self.lot.choices([*self.mix], [*self.mix.values()])[0]
        call: Call = {"client": self.number, "kind": kind, "key": self.lot.choice(self.keys)}
        if kind in ("save", "create", "append", "join"):
            call["item"] = f"{self.number}/{self.turn}"
        self._with_details(call, self.seen.get(call["key"], NOWHERE))
        return call

    def _with_details(self, call: Call, seen: RevisionId) -> None:
        kind, lot = call["kind"], self.lot
        if kind == "save" and lot.random() < 0.6:
            call["expected"] = {"number": seen.number}
            if seen.number and lot.random() < 0.5:
                call["expected"]["write_id"] = seen.write_id
        if kind == "rollback" or (kind == "load" and lot.random() < 0.3):
            call["revision"] = self._near(seen)
        if kind == "history":
            call["limit"] = HISTORY
        if kind == "join" and lot.random() < 0.2:
            call["begins"] = True
        if kind == "prune":
            call["keep"] = lot.randint(2, 8)
        if kind == "rewrite":
            call["without"] = sorted({self._near(seen) for _ in range(lot.randint(0, 2))})
            call["redact"], call["item"] = self._near(seen), f"{self.number}/{self.turn}"

    def _near(self, seen: RevisionId) -> int:
        """The number of a revision that may be there."""
        return self.lot.randint(max(1, seen.number - 12), seen.number + 1)

    def hear(self, call: Call) -> None:
        """What was told is where later calls begin."""
        answer, kind = call["answer"], call["kind"]
        if kind == "purge" or (answer.get("error") == "not_found" and not call.get("revision")):
            self.seen.pop(call["key"], None)
        elif "revision" not in call and "write_id" in answer and "number" in answer:
            self.seen[call["key"]] = RevisionId(answer["number"], answer["write_id"])


@dataclass(frozen=True, slots=True)
class Desk:
    """Where calls on documents are made; threads of one process share it."""

    store: DocumentStore
    groups: Groups

    def send(self, call: Call) -> Answer:
        store, key, item = self.store, call["key"], call.get("item", "")
        match call["kind"]:
            case "load":
                return _read(store.load(key, revision=call.get("revision")))
            case "history":
                newest, *older = store.history(key, limit=call["limit"] or None)
                return {**of(newest), "write_ids": [r.write_id for r in (newest, *older)]}
            case "save":
                return of(store.save(key, [item], expected=expected_of(call)))
            case "append":
                return of(store.update(key, with_one_more(item)))
            case "join":
                begins = call.get("begins", False)
                return of(self.groups.update(key, _noted(call, item), begins=begins))
            case "create":
                return of(store.create(key, [item]))
            case "delete":
                return of(store.delete(key))
            case "restore":
                return of(store.restore(key))
            case "rollback":
                return of(store.rollback(key, call["revision"]))
            case _:
                return self._erase(call)

    def _erase(self, call: Call) -> Answer:
        store, key = self.store, call["key"]
        match call["kind"]:
            case "purge":
                receipt = purge(store, key)
                return {"number": receipt.revisions} if receipt.revisions else {}
            case "prune":
                return pruned(prune(store, key, keep=call["keep"]))
            case "rewrite":
                redact = _redacting(call["redact"], call["item"])
                done = rewrite(store, key, without=call["without"], redact=redact)
                return {"erased": done.revisions, "redacted": done.redacted}
        raise AssertionError(call)


def record(call: Call, send: Callable[[Call], Answer], journal: Journal) -> None:
    """Make the call, and note its times and answer; a call that came to nothing is noted so.

    What is told to be unknown has no end. An error that a store which works never gives is noted
    under its code, and the checker refuses it.
    """
    journal.begin(call)
    try:
        answer = send(call)
    except StorageError as error:
        if error.outcome_unknown and call["kind"] not in READS:
            journal.end(call, {}, unknown=True)
        elif isinstance(error, UnavailableError | TimeoutError | ThrottledError):
            journal.end(call, None)
        else:
            journal.end(call, {"error": _told(error), "of": _of_what(error)})
    else:
        journal.end(call, answer)


def look(keys: Sequence[str], client: int) -> list[Call]:
    """What is to be asked when all is over, by one who was never there before."""
    return [
        {"kind": kind, "key": key, "client": client, **({"limit": 0} if kind == "history" else {})}
        for key in keys
        for kind in ("load", "history")
    ]


def _told(error: StorageError) -> str:
    known = {
        "conflict": ConflictError,
        "already_exists": AlreadyExistsError,
        "revision_pruned": RevisionPrunedError,
        "not_found": NotFoundError,
    }
    return next((name for name, kind in known.items() if isinstance(error, kind)), error.code)


def _of_what(error: StorageError) -> str:
    return "label" if (error.key or "").startswith("labels/") else "document"


def _noted(call: Call, item: str) -> Callable[[Any], Any]:
    def change(data: Any) -> Any:
        call["at"] = len(data or ())
        return [*(data or ()), item]

    return change


def _redacting(number: int, item: str) -> Callable[[Document], Json]:
    return lambda document: [item] if document.revision.number == number else document.data


def expected_of(call: Call) -> int | RevisionId | None:
    """The argument `expected` of a call."""
    match call.get("expected"):
        case None:
            return None
        case {"number": int(number), "write_id": str(write_id)}:
            return RevisionId(number, write_id)
        case pin:
            return int(pin["number"])


def pruned(report: PruneReport) -> Answer:
    """The oldest revision that is kept, and how many were dropped."""
    return {"number": report.first, "revisions": report.revisions}


def of(revision: RevisionId) -> Answer:
    """A revision as answers name it."""
    return {"number": revision.number, "write_id": revision.write_id}


def _read(document: Document) -> Answer:
    return {**of(document.revision), "data": document.data}
