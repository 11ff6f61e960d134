"""Planted faults of labels: what they pin, who moves them, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

from tests.integration.proof.planted.documents import Fault, named
from tests.integration.proof.planted.story import Edit, Story
from tests.integration.proof.recording.journal import Call

_MOVES: Final = ("label", "unlabel")


def label_pins_what_was_never_set(story: Story) -> Iterator[Edit]:
    """The revision that it pins was never there."""
    for peek in story.of("peek"):
        yield [(peek, {**peek["answer"], "write_id": "of nobody"})]


def label_is_where_it_was_before(story: Story) -> Iterator[Edit]:
    for read, move in _settled(story):
        for old in story.of("label_of"):
            if old["label"] == read["label"] and old["return"] < move["call"]:
                yield [(read, old["answer"])]


def label_moved_by_a_commit(story: Story) -> Iterator[Edit]:
    """Somebody edits the set, and the label follows."""
    for read, _move in _settled(story):
        for save in story.of("save"):
            pin = {name: save["answer"][name] for name in ("number", "write_id")}
            if pin != read["answer"]["pin"]:
                yield [(read, {**read["answer"], "pin": pin})]


def label_back_from_a_delete(story: Story) -> Iterator[Edit]:
    for end in story.of("unlabel"):
        for old in story.of("label_of"):
            if old["label"] == end["label"] and old["return"] < end["call"]:
                at = {"call": end["return"] + 1, "return": end["return"] + 2, "client": 999}
                yield [({**old, **at}, old["answer"])]


def label_moved_twice_from_one_place(story: Story) -> Iterator[Edit]:
    for label in story.of("label", error="conflict"):
        number = label.get("expected", {}).get("number")
        if number:
            pin = {"number": 1, "write_id": "of nobody"}
            told = {"number": number + 1, "write_id": "the second"}
            yield [(label, None), ({**label, "pin": pin}, told)]


def label_lost(story: Story) -> Iterator[Edit]:
    for read, move in _settled(story):
        if move["kind"] == "label":
            yield [(read, {"error": "not_found"})]


def moved_label_is_a_conflict(story: Story) -> Iterator[Edit]:
    """Nothing was put, it says, and others read it."""
    for read, move in _settled(story):
        if read["answer"]["write_id"] == move["answer"].get("write_id"):
            yield [(move, {"error": "conflict"})]


def purge_of_what_a_label_pins(story: Story) -> Iterator[Edit]:
    for read, _move in _settled(story):
        yield [({**read, "kind": "unpinned"}, {})]


def prune_of_what_a_label_pins(story: Story) -> Iterator[Edit]:
    """It says that it has asked for labels, and drops what one has pinned before that, and still
    does behind the cut."""
    for asked in story.of("spared"):
        at = {"withdraw": asked["call"], "cut": asked["return"]}
        own = [call for call in story.calls if call["client"] == asked["client"]]
        heads, cuts = (
            [c for c in own if c["kind"] == kind and c["call"] == at[kind]] for kind in at
        )
        for head, cut, (read, move) in product(heads, cuts, _settled(story)):
            pinned, begin, end = read["answer"]["pin"]["number"], move["call"], read["return"]
            between = move["return"] < asked["call"] and asked["return"] < read["call"]
            same = read["label"] == asked["label"] and not story.during(begin, end, "purge")
            if between and same and cut["first"] <= pinned < cut["pin"]["number"]:
                ranges = {"ranges": [[asked["ranges"][0][0], pinned]]}
                wider = {**cut, "first": pinned + 1, "keep": 1}
                new: list[Call] = [{**head, **ranges}, {**asked, **ranges}, wider]
                yield [*((old, None) for old in (head, asked, cut)), *((each, {}) for each in new)]


def pinned_revision_unreadable(story: Story) -> Iterator[Edit]:
    """What a reader has from a label is gone, and neither a prune nor a purge was near."""
    for load in story.of("load"):
        if "pin" in load and not any(
            call.get("first", 0) > load["revision"] for call in story.calls
        ):
            yield [(load, {"error": "revision_pruned"})]


def _settled(story: Story) -> Iterator[tuple[Call, Call]]:
    """Reads of labels with the move that they saw; nobody has moved the label meanwhile."""
    moves = [
        call for call in story.calls if call["kind"] in _MOVES and "error" not in call["answer"]
    ]
    for read in story.of("label_of"):
        own = [move for move in moves if move["label"] == read["label"]]
        seen = [m for m in own if m["answer"].get("write_id") == read["answer"]["write_id"]]
        for move in seen:
            others = [m for m in own if m is not move]
            quiet = all(
                (other["return"] or read["return"]) < move["call"] or other["call"] > read["return"]
                for other in others
            )
            if quiet and move["return"] and move["return"] < read["call"]:
                yield read, move


FAULTS: Final[dict[str, Fault]] = named(
    label_pins_what_was_never_set,
    label_is_where_it_was_before,
    label_moved_by_a_commit,
    label_back_from_a_delete,
    label_moved_twice_from_one_place,
    label_lost,
    moved_label_is_a_conflict,
    purge_of_what_a_label_pins,
)
PINNED: Final[dict[str, Fault]] = named(prune_of_what_a_label_pins, pinned_revision_unreadable)
"""Those that need histories without purges."""
