"""Replays: which of the messages that a history provider is given are stored already.

Some callers hand an agent the whole conversation in each run, or the end of it, and some only what
is new. The framework's own providers drop what overlaps with the stored history, and so lose a turn
that is said again in the same words. Two facts tell more than they use: what the model has answered
is always new; and a message that has an id is the same one wherever it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

Record = Mapping[str, Any]
"""A message as `Message.to_dict` has it."""
_inputs: ContextVar[frozenset[int] | None] = ContextVar("ingenious_storage_inputs", default=None)
_ATTRIBUTION: Final = "_attribution"
"""Where the framework notes which provider has added a message to the context."""


@contextmanager
def run_of(inputs: Iterable[object]) -> Iterator[None]:
    """Around the save of one run: these messages are what its caller has said."""
    token = _inputs.set(frozenset(map(id, inputs)))
    try:
        yield
    finally:
        _inputs.reset(token)


@dataclass(frozen=True, slots=True)
class Given:
    """Messages to store, in order, as records; `said` of them, from `start` on, may be a replay.

    Inside `run_of` these are the caller's. Elsewhere any may be.
    """

    records: Sequence[Record]
    start: int
    said: int
    in_run: bool

    @classmethod
    def of(cls, messages: Sequence[object], records: Sequence[Record]) -> Given:
        """`records` are the messages as they will be stored."""
        inputs = _inputs.get()
        if inputs is None:
            return cls(records, 0, len(records), in_run=False)
        places = [place for place, each in enumerate(messages) if id(each) in inputs]
        start, end = (places[0], places[-1] + 1) if places else (0, 0)
        return cls(records, start, end - start, in_run=True)

    def new(self, stored: Sequence[Record]) -> list[Record]:
        """Those that are not at the end of `stored` yet."""
        end = self.start + self.said
        said = self.records[self.start : end]
        if self.in_run:  # what other providers have added is not what the caller replays
            stored = [each for each in stored if _ATTRIBUTION not in _properties(each)]
        old = self._replayed(stored, said)
        return [*self.records[: self.start], *said[old:], *self.records[end:]]

    def _replayed(self, stored: Sequence[Record], said: Sequence[Record]) -> int:
        """How many of `said`, from its beginning, are stored.

        The whole history where it stands first, else the longest end of it that `said` begins with.
        """
        whole = range(len(stored), len(said) + 1)
        window = range(min(len(stored) - 1, len(said)), 0, -1)
        for end in chain(whole, window):
            length = min(end, len(stored))
            pairs = list(zip(stored[-length:], said[end - length : end], strict=True))
            same = bool(pairs) and all(map(_are_same, pairs))
            if same and self._is_evidence(pairs, goes_on=end < len(said)):
                return end
        return 0

    def _is_evidence(self, pairs: Sequence[tuple[Record, Record]], *, goes_on: bool) -> bool:
        """Whether messages that are the same in both are a replay, and not said once more."""
        if any(_id(old) is not None and _id(new) is not None for old, new in pairs):
            return True
        answered = any(old["role"] != "user" for old, _ in pairs)
        if self.in_run:  # people say the same again; they do not say what a model has said
            return answered or (goes_on and len(pairs) > 1)
        return goes_on and (answered or len(pairs) > 1)


def _are_same(pair: tuple[Record, Record]) -> bool:
    """By their ids when both have one: a client that replays may have lost them."""
    old, new = pair
    if _id(old) is not None and _id(new) is not None:
        return bool(_id(old) == _id(new))
    return bool(old["role"] == new["role"] and old.get("contents") == new.get("contents"))


def _id(record: Record) -> object:
    return record.get("message_id")


def _properties(record: Record) -> Mapping[str, Any]:
    return record.get("additional_properties") or {}
