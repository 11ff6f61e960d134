"""Calls on prompt sets and on the labels that pin revisions of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingenious_storage.documents import RevisionId
from ingenious_storage.services.kinds import PROMPT_SETS
from ingenious_storage.services.prompt_sets import SetSnapshot
from ingenious_storage.services.prompts import PromptLibrary
from tests.integration.proof.recording.calls import Answer, Client, expected_of, of, pruned
from tests.integration.proof.recording.journal import Call

MIX: Final[Mapping[str, int]] = {
    "load": 16,
    "save": 22,
    "create": 4,
    "delete": 3,
    "restore": 3,
    "rollback": 3,
    "history": 2,
    "purge": 3,
    "prune": 6,
    "label": 18,
    "label_of": 16,
    "unlabel": 4,
}
"""In a hundred calls."""
_ABOUT_LABELS: Final = frozenset({"label", "label_of", "unlabel"})


def sets(count: int) -> list[str]:
    """Their keys."""
    return [PROMPT_SETS.key(f"set-{number}") for number in range(count)]


def labels_of(key: str) -> list[str]:
    """The labels that may pin revisions of a set."""
    return [f"{PROMPT_SETS.segment(key)}-{stage}" for stage in ("canary", "production")]


@dataclass(slots=True)
class Editor(Client):
    """A client of a prompt library, which remembers where it saw labels."""

    pins: dict[str, Call] = field(default_factory=dict)
    follows: tuple[str, Call] | None = None
    """The set and the pin of a label that was just read: its revision is read next."""

    def ask(self) -> Call:
        if self.follows is not None and self.lot.random() < 0.7:
            (key, pin), self.follows = self.follows, None
            call = {"client": self.number, "kind": "load", "key": key}
            return {**call, "revision": pin["number"], "pin": pin}
        return Client.ask(self)

    def _with_details(self, call: Call, seen: RevisionId) -> None:
        Client._with_details(self, call, seen)
        if call["kind"] in ("purge", "prune"):
            call["labels"] = labels_of(call["key"])
        if call["kind"] not in _ABOUT_LABELS:
            return
        call["label"] = self.lot.choice(labels_of(call["key"]))
        if call["kind"] == "label":
            if self.lot.random() < 0.6:
                call["revision"] = self._near(seen)
            if self.lot.random() < 0.3:
                call["expected"] = self.pins.get(call["label"], {"number": 0})

    def hear(self, call: Call) -> None:
        answer = call["answer"]
        if call["kind"] not in _ABOUT_LABELS:
            if "pin" not in call:
                Client.hear(self, call)
            return
        self.pins.pop(call["label"], None)
        if call["kind"] != "unlabel" and "number" in answer:
            self.pins[call["label"]] = of(RevisionId(answer["number"], answer["write_id"]))
        if call["kind"] == "label_of" and "pin" in answer:
            self.follows = call["key"], answer["pin"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where calls on prompt sets and labels are made; threads of one process share it."""

    prompts: PromptLibrary

    def send(self, call: Call) -> Answer:
        name, prompts = PROMPT_SETS.segment(call["key"]), self.prompts
        changes, expected = {"text": call.get("item", "")}, expected_of(call)
        match call["kind"]:
            case "load":
                return _read(prompts.snapshot(name, revision=_revision(call)))
            case "history":
                newest, *older = prompts.history(name, limit=call["limit"] or None)
                return {**of(newest), "write_ids": [r.write_id for r in (newest, *older)]}
            case "save":
                return of(prompts.commit(name, changes, create=True, expected=expected))
            case "create":
                return of(prompts.create_set(name, changes))
            case "delete":
                return of(prompts.delete_set(name))
            case "restore":
                return of(prompts.restore_set(name))
            case "rollback":
                return of(prompts.rollback(name, call["revision"]))
            case "purge":
                receipt = prompts.purge_set(name)
                return {"number": receipt.revisions} if receipt.revisions else {}
            case "prune":
                return pruned(prompts.prune_set(name, keep=call["keep"]))
            case _:
                return self._label(call, name, expected)

    def _label(self, call: Call, name: str, expected: int | RevisionId | None) -> Answer:
        prompts, label = self.prompts, call["label"]
        match call["kind"]:
            case "label":
                revision = call.get("revision")
                at = prompts.set_label(label, name, revision=revision, expected=expected)
                return of(at.moved)
            case "label_of":
                at = prompts.get_label(label)
                return {**of(at.moved), "pin": of(at)}
            case "unlabel":
                return of(prompts.delete_label(label))
        raise AssertionError(call)


def look(keys: Sequence[str], client: int) -> list[Call]:
    """What is to be asked when all is over: sets with their histories, and labels."""
    calls: list[Call] = []
    for key in keys:
        about: dict[str, Any] = {"key": key, "client": client}
        calls += [{"kind": "load", **about}, {"kind": "history", "limit": 0, **about}]
        calls += [{"kind": "label_of", "label": label, **about} for label in labels_of(key)]
    return calls


def _revision(call: Call) -> int | RevisionId | None:
    pin = call.get("pin")
    return RevisionId(pin["number"], pin["write_id"]) if pin else call.get("revision")


def _read(shown: SetSnapshot) -> Answer:
    return {**of(shown.revision), "data": [*shown.prompts.values()]}
