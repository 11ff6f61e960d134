"""What a prune or a purge came to: what it withdrew, whom it asked for labels, and what it cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.integration.proof.recording.journal import Call


@dataclass(frozen=True, slots=True)
class Erasure:
    call: Call
    came: Sequence[Call]
    """Its heads that were there, or that may have been, in the order in which they were sent."""
    labels: Collection[str]
    """Those that may pin what it is to erase. With none of them it withdraws nothing."""

    @property
    def line(self) -> Call:
        """The call, with what the checker has to know of it to tell its withdrawals from others."""
        more = {"spares": True, "since": self.call["call"]} if self.labels else {}
        return {**self.call, **more}

    def withdrawals(self) -> Iterator[Call]:
        """Heads that withdraw, or end that; and what they must have made sure of."""
        for head, then in pairwise([*self.came, None]):
            if head is None or head["withdrawn"] is None:
                continue
            # What erases is put on condition of the head that withdraws, so that was there by then.
            erases = then is not None and then["withdrawn"] is None
            end = self._end(then) if head["landed"] or erases else None
            ranges = {"ranges": head["withdrawn"]}
            yield {**self._put(head, end), "kind": "withdraw", **ranges}
            if erases:
                yield from self.of_labels("spared", head["time"], end, **ranges)
        ended = self.call["return"]
        if self.labels and ended is not None and "error" not in self.call["answer"]:
            # Behind all that it has put: times that are the same overlap.
            after = {"kind": "ended", "call": ended + 1, "return": ended + 2}
            yield {**self.line, **after, "answer": {}}

    def cuts(self) -> Iterator[Call]:
        """Of a prune: what it cut, and what it tells of that."""
        for head, then in pairwise([*self.came, None]):
            if head is None or head["withdrawn"] is not None:
                continue
            # Another prune without a withdrawal may have put the very same bytes.
            end = self._end(then) if head["landed"] else None
            yield {**self._put(head, end), "kind": "cut", "first": head["first"]}
        if self.call["return"] is not None:
            yield {**self.line, "kind": "pruned", "call": self._last}

    def of_labels(self, kind: str, begin: int, end: int | None, **more: Any) -> Iterator[Call]:
        for label in self.labels if end is not None else ():
            about = {"kind": kind, "label": label, "call": begin, "return": end, "answer": {}}
            yield {**self.line, **about, **more}

    def _put(self, head: Call, end: int | None) -> Call:
        pin = {"number": head["number"], "write_id": head["write_id"]}
        return {**self.line, "pin": pin, "call": head["time"], "return": end, "answer": {}}

    def _end(self, then: Call | None) -> int | None:
        end: int | None = then["time"] if then else self.call["return"]
        return end

    @property
    def _last(self) -> int:
        begun: int = self.came[-1]["time"] if self.came else self.call["call"]
        return begun
