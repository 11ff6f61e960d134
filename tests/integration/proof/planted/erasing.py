"""Planted faults of erasing: prunes, purges and rewrites that leave something, or take too much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.integration.proof.planted.documents import Fault, named
from tests.integration.proof.planted.story import Edit, Story
from tests.integration.proof.recording.journal import Call


def purge_leaves_a_revision(story: Story) -> Iterator[Edit]:
    for purge in story.of("purge"):
        for read in story.revisions:
            if "number" in purge["answer"] and read["return"] < purge["call"]:
                yield story.later(read, purge)


def prune_leaves_a_revision(story: Story) -> Iterator[Edit]:
    for cut in story.of("cut"):
        for read in _of_one_life(story, cut):
            if read["answer"]["number"] < cut["first"]:
                yield story.later(read, cut)


def prune_drops_what_was_to_stay(story: Story) -> Iterator[Edit]:
    for cut in story.of("cut"):
        if cut["first"] > 1:
            first = cut["pin"]["number"] - cut["keep"] + 2
            yield [(cut, None), ({**cut, "first": first}, cut["answer"])]


def prune_tells_of_another_place(story: Story) -> Iterator[Edit]:
    for told in story.of("pruned"):
        if not story.during(told["call"], told["return"], "cut", "purge"):
            yield [(told, {"number": told["answer"]["number"] + 1})]


def rewrite_leaves_what_it_erased(story: Story) -> Iterator[Edit]:
    for rewrite in story.of("rewrite"):
        for read in _of_one_life(story, rewrite):
            if read["answer"]["number"] in rewrite["answer"]["erased"]:
                yield story.later(read, rewrite)


def rewrite_leaves_what_it_redacted(story: Story) -> Iterator[Edit]:
    for rewrite in story.of("rewrite"):
        for read in _of_one_life(story, rewrite):
            other = read["answer"]["data"] != [rewrite["item"]]
            if other and read["answer"]["number"] in rewrite["answer"]["redacted"]:
                yield story.later(read, rewrite)


def rewrite_drops_a_neighbour(story: Story) -> Iterator[Edit]:
    """A revision that nobody takes out at that time is gone, and was there."""
    for rewrite in story.of("rewrite"):
        for read in story.of("load"):
            number = read.get("revision", 0)
            beside = any(abs(number - erased) == 1 for erased in rewrite["answer"]["erased"])
            if not beside or read["call"] < rewrite["return"]:
                continue
            if not story.during(read["call"], read["return"], "rewrite", "cut", "purge"):
                yield [(read, {"error": "revision_pruned"})]


def rewrite_changes_a_neighbour(story: Story) -> Iterator[Edit]:
    """What one revision is to hold from now on is read in the one above."""
    for rewrite in story.of("rewrite"):
        for read in story.revisions:
            below, other = read["answer"]["number"] - 1, read["answer"]["data"] != [rewrite["item"]]
            redacted = other and below in rewrite["answer"]["redacted"]
            if redacted and read["call"] > rewrite["return"]:
                yield [(read, {**read["answer"], "data": [rewrite["item"]]})]


def rewrite_tells_of_less(story: Story) -> Iterator[Edit]:
    for rewrite in story.of("rewrite"):
        erased, begin, end = rewrite["answer"]["erased"], rewrite["call"], rewrite["return"]
        if erased and story.count(begin, end, "rewrite", "cut", "purge") == 1:
            yield [(rewrite, {**rewrite["answer"], "erased": erased[1:]})]


def rewrite_that_landed_is_a_conflict(story: Story) -> Iterator[Edit]:
    for rewrite in story.of("rewrite"):
        for read in story.revisions:
            if read["answer"]["data"] == [rewrite["item"]]:
                yield [(rewrite, {"error": "conflict"})]


def _of_one_life(story: Story, erasing: Call) -> Iterator[Call]:
    """What was read before; nobody else made it what it was."""
    for read in story.revisions:
        begin, end = read["call"], erasing["return"]
        if read["return"] < erasing["call"] and not story.during(begin, end, "purge"):
            yield read


FAULTS: Final[dict[str, Fault]] = named(
    purge_leaves_a_revision,
    prune_leaves_a_revision,
    prune_drops_what_was_to_stay,
    prune_tells_of_another_place,
    rewrite_leaves_what_it_erased,
    rewrite_leaves_what_it_redacted,
    rewrite_drops_a_neighbour,
    rewrite_changes_a_neighbour,
    rewrite_tells_of_less,
    rewrite_that_landed_is_a_conflict,
)
