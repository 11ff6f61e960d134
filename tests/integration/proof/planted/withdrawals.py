"""Planted faults of withdrawals: labels refused for nothing, and erasures that asked nobody."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from tests.integration.proof.planted.documents import Fault, named
from tests.integration.proof.planted.story import Edit, Story
from tests.integration.proof.recording.journal import Call

_ERASING: Final = ("withdraw", "cut", "purge")
_REFUSED: Final = {"error": "revision_pruned"}


def label_refused_for_nothing(story: Story) -> Iterator[Edit]:
    """It was accepted, so that nobody had withdrawn its revision; nor did anybody meanwhile."""
    for pin in _pins(story):
        if not story.during(pin["call"], pin["return"], *_ERASING):
            yield [(pin, _REFUSED)]


def label_refused_for_a_neighbour(story: Story) -> Iterator[Edit]:
    """What is withdrawn at that time is something else."""
    for pin in _pins(story):
        beside = [
            call
            for call in story.calls
            if call["kind"] in _ERASING and "error" not in call["answer"]
            if call["call"] < pin["return"] and (call["return"] or pin["return"]) > pin["call"]
        ]
        if any(call.get("ranges") for call in beside) and all(
            call["kind"] == "withdraw" and not _names(call, pin["revision"]) for call in beside
        ):
            yield [(pin, _REFUSED)]


def withdrawal_outlives_its_end(story: Story) -> Iterator[Edit]:
    """The erasure gave back what it had withdrawn, and a label is refused for that."""
    for head, _end, done in _given_back(story):
        for pin in _pins(story):
            quiet = not story.during(pin["call"], pin["return"], *_ERASING)
            if quiet and done["return"] < pin["call"] and _names(head, pin["revision"]):
                yield [(pin, _REFUSED)]


def withdrawal_left_by_who_ended_well(story: Story) -> Iterator[Edit]:
    """It does not give back what it had withdrawn, and says that all is well; until another erasure
    all labels are refused for that."""
    for head, end, done in _given_back(story):
        if story.count(end["call"], done["return"], *_ERASING) == 1:
            others = (call["call"] for call in story.calls if call["kind"] in _ERASING)
            until = min((time for time in others if time > end["call"]), default=math.inf)
            pins = [pin for pin in _pins(story) if end["call"] < pin["return"]]
            refused = [pin for pin in pins if pin["call"] < until and _names(head, pin["revision"])]
            yield [(end, None), *((pin, _REFUSED) for pin in refused)]


def withdrawal_outlives_a_purge(story: Story) -> Iterator[Edit]:
    """A label is refused for a revision of the next document, which has the same number."""
    for purge in story.of("purge"):
        for pin in _pins(story) if "number" in purge["answer"] else ():
            here = purge["return"] < pin["call"] and pin["revision"] <= purge["answer"]["number"]
            if here and not story.during(purge["return"], pin["return"], *_ERASING):
                yield [(pin, _REFUSED)]


def label_pins_what_is_withdrawn(story: Story) -> Iterator[Edit]:
    """It is accepted while the erasure, which has asked for labels, cuts."""
    for head, cut in _erased(story):
        begin, number = cut["call"], head["ranges"][0][0]
        if story.count(head["call"], begin + 3, *_ERASING) == 2:
            pin = {"number": number, "write_id": ""}
            asked = {"kind": "peek", "client": 999, "revision": number, "pin": pin}
            yield [({**cut, **asked, "call": begin + 1, "return": begin + 2}, pin)]


def erased_without_a_withdrawal(story: Story) -> Iterator[Edit]:
    for head, _cut in _erased_at_once(story):
        yield [(head, None)]


def erased_beyond_its_withdrawal(story: Story) -> Iterator[Edit]:
    for head, _cut in _erased_at_once(story):
        ((first, last),) = head["ranges"]
        yield [(head, None), ({**head, "ranges": [[first, last - 1]]}, {})]


def _pins(story: Story) -> list[Call]:
    """Labels that were accepted: their revision, as it was looked at behind that."""
    return [call for call in story.of("peek") if "pin" in call]


def _given_back(story: Story) -> Iterator[tuple[Call, Call, Call]]:
    """Heads that withdraw, those that end that, and the good end of the call that put just these
    at last."""
    heads, erased = story.of("withdraw"), [*story.of("cut"), *story.of("purge")]
    for done in story.of("ended"):
        *_, head, end = [None, None, *(each for each in heads if _same(each, done))]
        cut_or_purged = any(_same(each, done) for each in erased)
        if head and end and head["ranges"] and not end["ranges"] and not cut_or_purged:
            yield head, end, done


def _erased(story: Story) -> Iterator[tuple[Call, Call]]:
    """Cuts, each with the head below that had withdrawn what it drops."""
    for cut in story.of("cut"):
        for head in story.of("withdraw"):
            if _same(head, cut) and head["return"] == cut["call"] and head["ranges"]:
                yield head, cut


def _erased_at_once(story: Story) -> Iterator[tuple[Call, Call]]:
    """Those whose call had withdrawn nothing before."""
    for head, cut in _erased(story):
        if sum(_same(each, cut) for each in story.of("withdraw")) == 1:
            yield head, cut


def _same(one: Call, other: Call) -> bool:
    """Whether one call of a client has made both."""
    return (one["client"], one.get("since")) == (other["client"], other.get("since"))


def _names(head: Call, number: int) -> bool:
    return any(first <= number <= last for first, last in head["ranges"])


FAULTS: Final[dict[str, Fault]] = named(
    label_refused_for_nothing,
    label_refused_for_a_neighbour,
    withdrawal_outlives_its_end,
    withdrawal_left_by_who_ended_well,
    withdrawal_outlives_a_purge,
    label_pins_what_is_withdrawn,
    erased_without_a_withdrawal,
    erased_beyond_its_withdrawal,
)
