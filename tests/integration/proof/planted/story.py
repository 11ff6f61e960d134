"""What happened in a recorded history, for who plants faults into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tests.integration.proof.recording.journal import Call

Edit = list[tuple[Call, Mapping[str, Any] | None]]
"""Calls with the answers that they are given instead; None takes a call out of the history. A call
that is not in the history is added to it."""


MAKERS: Final = ("save", "append", "join", "create", "delete", "rollback")
"""Calls that make a revision, and nothing else."""


@dataclass(frozen=True)
class Story:
    calls: list[Call]

    @classmethod
    def of_history(cls, history: Iterable[Call]) -> Story:
        """With room between any two times, so that a call fits in."""
        return cls(
            [
                {
                    **call,
                    "call": 10 * call["call"],
                    "return": call["return"] and 10 * call["return"],
                    **({"since": 10 * call["since"]} if "since" in call else {}),
                }
                for call in history
            ]
        )

    @cached_property
    def loads(self) -> list[Call]:
        """Loads of the newest revision that found one."""
        return [c for c in self.calls if "data" in c["answer"] and "revision" not in c]

    @cached_property
    def writes(self) -> dict[str, Call]:
        """Acknowledged calls that made a revision, by its write id."""
        made: dict[str, Call] = {}
        for call in self.calls:
            if call["return"] and call["kind"] in MAKERS:
                made |= {call["answer"]["write_id"]: call} if "number" in call["answer"] else {}
        return made

    def of(self, kind: str, *, error: str | None = None) -> list[Call]:
        """Calls of one kind that ended well, or with `error`."""
        return [
            call
            for call in self.calls
            if (call["kind"], call["answer"].get("error")) == (kind, error) and call["return"]
        ]

    @cached_property
    def revisions(self) -> list[Call]:
        """Loads of a revision by its number, or of the newest one, that found it."""
        return [c for c in self.calls if c["kind"] == "load" and "data" in c["answer"]]

    def later(self, read: Call, after: Call) -> Edit:
        """Somebody else reads it by its number, as `read` did, right behind the end of a call."""
        end = after["return"]
        asked = {"revision": read["answer"]["number"], "client": 999}
        return [({**read, **asked, "call": end + 1, "return": end + 2}, read["answer"])]

    def count(self, begin: int, end: int, *kinds: str) -> int:
        """How many calls of these kinds may have had their effect in that time."""
        return sum(
            call["call"] < end and (call["return"] or end) > begin
            for call in self.calls
            if call["kind"] in kinds and "error" not in call["answer"]
        )

    def during(self, begin: int, end: int, *kinds: str) -> bool:
        return self.count(begin, end, *kinds) > 0

    @cached_property
    def followed(self) -> list[tuple[Call, Call]]:
        """Acknowledged writes, each with the one that went on top of it later."""
        return [
            (first, second)
            for first in self.writes.values()
            for second in self.writes.values()
            if _number(second) == _number(first) + 1 and self.one_life(first, second)
        ]

    def one_life(self, first: Call, second: Call) -> bool:
        """Whether the first returned before the second, and no purge was near."""
        begin, end = first["call"], second["return"]
        return first["return"] < second["call"] and not self.during(begin, end, "purge")

    def edited(self, edit: Edit) -> list[Call]:
        answers = {id(call): answer for call, answer in edit}
        old = {id(call) for call in self.calls}
        told = []
        for call in (*self.calls, *(call for call, _ in edit if id(call) not in old)):
            answer = answers.get(id(call), call["answer"])
            if answer is not None:
                told.append({**deepcopy(call), "answer": dict(answer)})
        return told


def _number(call: Call) -> int:
    return int(call["answer"]["number"])


def before(calls: Iterable[Call], time: int) -> list[Call]:
    """Those that had returned."""
    return [call for call in calls if call["return"] and call["return"] < time]
