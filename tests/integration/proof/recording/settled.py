"""What calls came to, as the checker is told it: one line for each effect.

Porcupine could find out by itself which calls of unknown outcome had theirs, but not soon: with 50
writes that may have landed at any time, it would look at all their orders. A call with several
effects, such as a prune that withdraws and then cuts, is a line for each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.proof.recording.erasures import Erasure
from tests.integration.proof.recording.journal import NOTHING, Call, Told

Landed = Callable[[str], bool | None]
"""Whether a head was there once, by its digest; None when nobody can tell."""


def settled(told: Iterable[Told], landed: Landed | None = None) -> list[Call]:
    """The history that processes have told.

    Args:
        landed: as who stands before the store knows it; without it the journals say what was
            there, and of what is neither there nor refused nobody knows.
    """
    lines: list[Call] = []
    for each in told:
        case = _Case(each, landed or each.has)
        for call in each.calls:
            lines += case.lines_of(call)
    return lines


@dataclass(frozen=True, slots=True)
class _Case:
    told: Told
    has: Landed

    def lines_of(self, call: Call) -> Iterator[Call]:
        heads = call["heads"]
        line = {name: value for name, value in call.items() if name not in ("heads", "labels")}
        if call["kind"] in ("prune", "purge"):
            yield from self._erased(line, heads, call.get("labels", ()))
        elif _came_to_nothing(call, heads):
            return
        elif call["answer"].get("error") == NOTHING:  # the checker knows no such error
            yield line
        elif call["kind"] in ("label", "unlabel"):
            yield from self._label(line, heads)
        else:
            yield from self._plain(line, heads)

    def _erased(self, line: Call, heads: Sequence[Call], labels: Collection[str]) -> Iterator[Call]:
        erasure = Erasure(line, self._came(heads), labels)
        yield from erasure.withdrawals()
        heads = [head for head in heads if head["withdrawn"] is None]
        if _came_to_nothing(line, heads):
            return
        if line["kind"] == "prune":
            yield from erasure.cuts()
            return
        if "error" not in line["answer"]:
            yield from erasure.of_labels("unpinned", line["call"], _begin(heads, line))
        yield from self._plain(erasure.line, heads)

    def _landed(self, head: Call) -> bool | None:
        if head["landed"] is not None:
            return bool(head["landed"])
        return self.has(head["digest"])

    def _came(self, heads: Iterable[Call]) -> list[Call]:
        """Heads that were there, or that may have been, each as it was sent first."""
        first: dict[str, Call] = {}
        for head in heads:
            if self._landed(head) is not False:
                first.setdefault(head["digest"], head)
        return [*first.values()]

    def _plain(self, line: Call, heads: Sequence[Call]) -> Iterator[Call]:
        if line["return"] is not None:
            yield line
            return
        if line["kind"] == "join":
            # Others wrote it, and the first who did had it in his list.
            heads = [head for head in self.told.heads if line["item"] in (head["data"] or ())]
            heads = sorted(heads, key=lambda head: (not self._landed(head), head["time"]))[:1]
        for head in self._came(heads)[-1:]:
            number = _by_number(line["kind"], head)
            if number is None:
                return
            if line["kind"] == "join":
                line["at"] = head["data"].index(line["item"])
            sure = {"landed": number} if self._landed(head) else {}
            yield {**line, **sure, "answer": {"write_id": head["write_id"]}}

    def _label(self, line: Call, heads: Sequence[Call]) -> Iterator[Call]:
        answer, ended = line["answer"], line["return"]
        asked = {**line, "kind": "peek", "return": _begin(heads, line)}
        if line["kind"] == "label" and not heads and answer.get("error") in _OF_THE_SET:
            yield asked
            return
        pin = _pin(heads[0]) if heads else None
        if line["kind"] == "label" and pin:
            yield {**asked, "answer": pin}
        if answer.get("error") in ("conflict", "already_exists") and answer["of"] == "label":
            yield line  # and nothing was put, it says
            return
        yield from self._moves(line, heads)
        if line["kind"] == "label" and pin and ended is not None and self._came(heads):
            shown = answer if "error" in answer else pin
            peek = {"kind": "peek", "revision": pin["number"], "pin": pin, "answer": shown}
            yield {**line, **peek, "call": heads[0]["time"]}

    def _moves(self, line: Call, heads: Sequence[Call]) -> Iterator[Call]:
        """Where the label was put, one after the other: one that is taken back moves twice."""
        answer, ended = line["answer"], line["return"]
        moves = {head["write_id"]: head for head in reversed(self._came(heads))}
        for head in reversed(moves.values()):
            acknowledged = head["write_id"] == answer.get("write_id")
            # One that others forestalled need not have arrived, or may come in later.
            end = ended if acknowledged or head["landed"] else None
            told = {"write_id": head["write_id"]}
            if end is not None:
                told |= {"number": head["number"]}
            yield {
                **{k: v for k, v in line.items() if k != "expected" or acknowledged},
                "kind": "unlabel" if head["deleted"] else "label",
                "pin": _pin(head),
                "call": head["time"],
                "return": end,
                "answer": answer if acknowledged else told,
                **({"landed": head["number"]} if end is None and self._landed(head) else {}),
            }
        if "error" in answer and not moves:
            yield line
        elif "number" in answer and answer["write_id"] not in moves:
            yield {**line, "pin": _pin(heads[-1]) if heads else None}


_OF_THE_SET = ("not_found", "revision_pruned")


def _came_to_nothing(call: Call, heads: Sequence[Call]) -> bool:
    """Whether its caller was told so, and the store has nothing of it."""
    return call["answer"].get("error") == NOTHING and not any(head["landed"] for head in heads)


def _begin(heads: Sequence[Call], line: Call) -> int | None:
    """When the first was sent; the end of the call when none was."""
    begun: int | None = heads[0]["time"] if heads else line["return"]
    return begun


def _pin(head: Call) -> dict[str, Any] | None:
    if head["deleted"]:
        return None
    return {"number": head["data"]["number"], "write_id": head["data"]["write_id"]}


def _by_number(kind: str, head: Call) -> int | None:
    """By which the checker knows that it landed; None when it had no effect that anybody sees."""
    number: int | None = head["erased" if kind == "purge" else "number"]
    return 1 if kind == "rewrite" else number
