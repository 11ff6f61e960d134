"""Faults that a store could have, planted into a good history: what its clients were told then.

Each takes a history and gives every edit that plants this fault. That an edit is wrong in every
order of the calls follows from what it picks, not from asking the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tests.integration.proof.planted.story import MAKERS, Edit, Story, before

Fault = Callable[[Story], Iterator[Edit]]
_WRITES: Final = (*MAKERS, "restore")


def stale_read(story: Story) -> Iterator[Edit]:
    """What one saw before a write is seen by another after it."""
    for load in story.loads:
        write = story.writes.get(load["answer"]["write_id"])
        if write and write["return"] < load["call"]:
            for older in before(story.loads, write["call"]):
                yield [(load, older["answer"])]


def read_from_the_future(story: Story) -> Iterator[Edit]:
    for later in story.loads:
        write = story.writes.get(later["answer"]["write_id"])
        for load in before(story.loads, write["call"] if write else 0):
            yield [(load, later["answer"])]


def lost_append(story: Story) -> Iterator[Edit]:
    for load in story.loads:
        for item in load["answer"]["data"][1:]:
            data = [other for other in load["answer"]["data"] if other != item]
            yield [(load, {**load["answer"], "data": data})]


def doubled_append(story: Story) -> Iterator[Edit]:
    for load in story.loads:
        data = load["answer"]["data"]
        yield [(load, {**load["answer"], "data": [*data, data[-1]]})]


def order_within(story: Story) -> Iterator[Edit]:
    for load in story.loads:
        data = load["answer"]["data"]
        if len(data) > 1:
            yield [(load, {**load["answer"], "data": [*data[:-2], data[-1], data[-2]]})]


def vanished(story: Story) -> Iterator[Edit]:
    """Somebody's purge erased the next document: nobody purged or deleted it."""
    for load in story.loads:
        write = story.writes.get(load["answer"]["write_id"])
        if write is None or write["return"] > load["call"]:
            continue
        if not story.during(write["call"], load["return"], "purge", "delete"):
            yield [(load, {"error": "not_found"})]


def back_from(story: Story, kind: str) -> Iterator[Edit]:
    for end in story.of(kind):
        older = [c for c in before(story.loads, end["call"]) if c["return"] > end["call"] - 200]
        for late in (*story.loads, *story.of("load", error="not_found")):
            if late["call"] > end["return"] and "revision" not in late:
                for load in older:
                    yield [(late, load["answer"])]


def back_from_a_purge(story: Story) -> Iterator[Edit]:
    return back_from(story, "purge")


def back_from_a_delete(story: Story) -> Iterator[Edit]:
    return back_from(story, "delete")


def wrong_data_of(story: Story, kind: str) -> Iterator[Edit]:
    makers = {call["answer"]["write_id"] for call in story.of(kind) if "item" not in call}
    for load in story.loads:
        if load["answer"]["write_id"] in makers:
            for other in story.loads:
                if other["answer"]["data"] != load["answer"]["data"]:
                    yield [(load, {**load["answer"], "data": other["answer"]["data"]})]


def rollback_to_wrong_data(story: Story) -> Iterator[Edit]:
    return wrong_data_of(story, "rollback")


def restore_of_wrong_data(story: Story) -> Iterator[Edit]:
    return wrong_data_of(story, "restore")


def old_revision_rewritten(story: Story) -> Iterator[Edit]:
    for load in story.of("load"):
        if "revision" in load:
            yield [(load, {**load["answer"], "data": ["what nobody wrote"]})]


def two_winners(story: Story) -> Iterator[Edit]:
    """A second save with the same `expected`."""
    for save in story.of("save", error="conflict"):
        expected = save.get("expected", {}).get("number")
        if expected and not story.during(save["call"], save["return"], "purge"):
            yield [(save, {"number": expected + 1, "write_id": "the second"})]


def created_twice(story: Story) -> Iterator[Edit]:
    for create in story.of("create", error="already_exists"):
        if not story.during(create["call"], create["return"], "purge", "delete"):
            yield [(create, {"number": 1, "write_id": "the second"})]


def purged_twice(story: Story) -> Iterator[Edit]:
    """Two purges at the same time both erased one document: too few writes for a second one."""
    for purge in story.of("purge"):
        begin, end = purge["call"], purge["return"]
        if story.count(begin, end, *_WRITES) < purge["answer"].get("number", 0):
            yield [({**purge, "client": 99}, purge["answer"])]


def wrong_count_of_a_purge(story: Story) -> Iterator[Edit]:
    for purge in story.of("purge"):
        begin, end = purge["call"], purge["return"]
        if "number" in purge["answer"] and story.count(begin, end, "purge", "cut") == 1:
            most = purge["answer"]["number"] + story.count(begin, end, *_WRITES)
            yield [(purge, {"number": most + 1})]


def wrong_number(story: Story) -> Iterator[Edit]:
    for write, _ in story.followed:
        yield [(write, {**write["answer"], "number": write["answer"]["number"] + 1})]


def conflict_of_what_landed(story: Story) -> Iterator[Edit]:
    """Nothing was written, it says, and others read it."""
    for write, _ in story.followed:
        yield [(write, {"error": "conflict"})]


def written_by_nobody(story: Story) -> Iterator[Edit]:
    for write, _ in story.followed:
        yield [(write, None)]


def deleted_nothing(story: Story) -> Iterator[Edit]:
    """A delete that finds nothing makes a revision."""
    for write, _ in story.followed:
        if write["kind"] == "delete":
            yield [(write, {"error": "not_found"})]


def swapped(story: Story) -> Iterator[Edit]:
    for first, second in story.followed:
        yield [(first, second["answer"]), (second, first["answer"])]


def shuffled_history(story: Story) -> Iterator[Edit]:
    for call in story.of("history"):
        newest, *older = call["answer"]["write_ids"]
        if older:
            yield [(call, {**call["answer"], "write_ids": [older[0], newest, *older[1:]]})]


def short_history(story: Story) -> Iterator[Edit]:
    for call in story.of("history"):
        newest = call["answer"]["number"]
        if not story.during(call["call"], call["return"], "purge") and newest > 1:
            yield [(call, {**call["answer"], "number": newest - 1})]


def half_a_purge(story: Story) -> Iterator[Edit]:
    for load in story.of("load"):
        yield [(load, {"error": "corrupt_object"})]


def named(*faults: Fault) -> dict[str, Fault]:
    return {fault.__name__.replace("_", "-"): fault for fault in faults}


FAULTS: Final[dict[str, Fault]] = named(
    stale_read,
    read_from_the_future,
    lost_append,
    doubled_append,
    order_within,
    vanished,
    back_from_a_purge,
    back_from_a_delete,
    rollback_to_wrong_data,
    restore_of_wrong_data,
    old_revision_rewritten,
    two_winners,
    created_twice,
    purged_twice,
    wrong_count_of_a_purge,
    wrong_number,
    conflict_of_what_landed,
    written_by_nobody,
    deleted_nothing,
    swapped,
    shuffled_history,
    short_history,
    half_a_purge,
)
