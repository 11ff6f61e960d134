"""Old ends of histories go by age, by count and by label, in all documents of a storage."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ingenious_storage import PruneEntry, PrunePolicy, RevisionPrunedError, Storage
from tests.library.services.pruning.ageing import Ageing

DAY = timedelta(days=1)
LONG = 70
"""Revisions: two segments of 32, and some that no segment holds yet."""
ROOTS = {"memory": "conversations/", "prompts": "prompts/", "label": "labels/", "agents": "agents/"}


def remember(storage: Storage, name: str = "long", count: int = LONG) -> None:
    for number in range(1, count + 1):
        storage.memory.save_memory(name, number)


def write_sets(storage: Storage, name: str = "long", count: int = LONG) -> None:
    storage.prompts.create_set(name, {"a.md": "1"})
    for number in range(2, count + 1):
        storage.prompts.commit(name, {"a.md": str(number)})


def _turn(turn: int, _: object) -> Any:
    return {"turn": turn}


def fill(storage: Storage) -> None:
    """A document with a long history of each kind, and one that is short."""
    remember(storage)
    remember(storage, "short", 3)
    write_sets(storage)
    for turn in range(LONG):
        storage.prompts.set_label("moving", "long", revision=LONG - turn % 2)
    for number in range(LONG):
        storage.agents("langgraph").change("t", "", leaf="state", fn=partial(_turn, number))


def test_by_count_in_every_kind_of_document(storage: Storage) -> None:
    fill(storage)
    would = storage.prune(PrunePolicy(keep=20), dry_run=True)
    assert storage.memory.kept_revisions("long").start == 1
    done = storage.prune(PrunePolicy(keep=20))
    assert (done.documents, done.pruned, done.failed) == (5, 4, 0)
    assert {entry.kind for entry in done.entries} == set(ROOTS)
    for entry in done.entries:
        assert entry.key.startswith(ROOTS[entry.kind])
        assert (entry.done, entry.revisions) == ("pruned", 32)
    assert done.revisions == 4 * 32
    assert (would.dry_run, would.entries) == (True, done.entries)
    assert storage.memory.kept_revisions("long") == range(33, LONG + 1)
    assert storage.memory.load_memory("long", revision=LONG - 19) == LONG - 19
    assert storage.prompts.get("long", "a.md") == str(LONG)
    assert storage.memory.load_memory("short", revision=1) == 1
    again = storage.prune(PrunePolicy(keep=20))
    assert (again.documents, again.entries) == (5, [])
    assert storage.verify()["data"].problems == storage.verify()["revisions"].problems == ()


def test_by_age_of_the_storages_own_clock(storage: Storage, data: Ageing) -> None:
    remember(storage)
    data.put_forward(30 * DAY)
    assert storage.prune(PrunePolicy(superseded=40 * DAY)).entries == []
    remember(storage, count=40)  # one segment more, which is young
    (entry,) = storage.prune(PrunePolicy(superseded=20 * DAY)).entries
    assert entry.revisions == 64
    assert storage.memory.kept_revisions("long").start == 65


def test_of_two_parts_each_has_to_allow_it(storage: Storage, data: Ageing) -> None:
    remember(storage)
    policy = PrunePolicy(superseded=20 * DAY, keep=10)
    assert storage.prune(policy).entries == []  # old enough by count, too young
    data.put_forward(30 * DAY)
    assert storage.prune(PrunePolicy(superseded=20 * DAY, keep=LONG)).entries == []
    (entry,) = storage.prune(PrunePolicy(superseded=20 * DAY, keep=LONG - 32)).entries
    assert entry.revisions == 32


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_what_a_label_pins_stays_with_all_that_is_newer(storage: Storage) -> None:
    write_sets(storage)
    storage.prompts.set_label("production", "long", revision=40)
    (entry,) = storage.prune(PrunePolicy(keep=1), kinds=["prompts"]).entries
    assert entry.revisions == 32
    assert storage.prompts.get("long", "a.md", revision=40) == "40"
    assert storage.prompts.dangling_labels() == []


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_below_labels_goes_what_is_older_than_the_oldest_pin(
    storage: Storage, stores: dict[str, Ageing]
) -> None:
    for name in ("pinned", "free", "early"):
        write_sets(storage, name, 2 * LONG)
    storage.prompts.set_label("production", "pinned", revision=130)
    storage.prompts.set_label("canary", "pinned", revision=70)
    storage.prompts.set_label("old", "early", revision=3)
    assert storage.prompts.prune_set("free", below_labels=True).revisions == 0
    policy = PrunePolicy(below_labels=True)
    stores["revisions"].reset()
    (entry,) = storage.prune(policy, kinds=["prompts"]).entries
    read = {key for _, key in stores["revisions"].calls if key}
    assert not {key for key in read if "free" in key or "early" in key}
    assert (entry.key, entry.revisions) == ("prompts/pinned.json", 64)
    assert storage.prompts.kept_revisions("pinned").start == 65
    assert storage.prompts.kept_revisions("free").start == 1
    kept = PrunePolicy(below_labels=True, keep=100)
    storage.prompts.set_label("canary", "pinned", revision=140)
    assert storage.prune(kept, kinds=["prompts"]).entries == []


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_a_label_that_is_moved_back_at_any_moment_never_dangles(
    storage: Storage, stores: dict[str, Ageing]
) -> None:
    place, moments = stores["revisions"], itertools.count()
    for at in moments:
        write_sets(storage)
        place.reset()
        moved: list[bool] = []

        def move(number: int, at: int = at, moved: list[bool] = moved) -> None:
            if number == at:
                moved.append(_pin(storage))

        place.meanwhile = move
        done = storage.prune(PrunePolicy(keep=1), kinds=["prompts"])
        place.meanwhile = None
        assert storage.prompts.dangling_labels() == []
        if not moved:
            break
        assert done.pruned == (not moved[0]) or storage.prompts.kept_revisions("long").start == 1
        if moved[0]:
            storage.prompts.delete_label("production")
        storage.prompts.purge_set("long")
    assert next(moments) > 8


def _pin(storage: Storage) -> bool:
    try:
        storage.prompts.set_label("production", "long", revision=2)
    except RevisionPrunedError:
        return False
    return True


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_kinds_and_frameworks_restrict_it(storage: Storage) -> None:
    fill(storage)
    for number in range(LONG):
        storage.agents("other").change("t", leaf="state", fn=partial(_turn, number))
    policy = PrunePolicy(keep=1)
    only = storage.prune(policy, frameworks=["other"], dry_run=True)
    assert [entry.key for entry in only.entries] == ["agents/other/t/state.msgpack"]
    assert only.documents == 1
    both = storage.prune(policy, kinds=["memory", "agents"], dry_run=True)
    assert {entry.kind for entry in both.entries} == {"memory", "agents"}
    assert both.documents == 4
    assert storage.prune(policy, frameworks=["othr"]).without_documents == ("othr",)


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_an_error_of_one_document_does_not_stop_the_others(storage: Storage, data: Ageing) -> None:
    for name in ("a", "b", "c"):
        remember(storage, name)
    data.inner.put("conversations/b/memory.json", b"{}")
    done = storage.prune(PrunePolicy(keep=1))
    assert (done.pruned, done.failed, len(done.entries)) == (2, 1, 3)
    (error,) = done.errors
    assert (error.code, error.key) == ("corrupt_object", "conversations/b/memory.json")


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_entries_are_handed_on_in_place_of_being_kept(storage: Storage) -> None:
    remember(storage)
    given: list[PruneEntry] = []
    done = storage.prune(PrunePolicy(keep=1), on_entry=given.append)
    assert (done.pruned, done.entries, len(given)) == (1, [], 1)


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "nothing says what may go"),
        ({"policy": PrunePolicy(below_labels=True)}, "labels pin prompt sets alone"),
        (
            {"policy": PrunePolicy(below_labels=True), "kinds": ["memory"]},
            "labels pin prompt sets alone",
        ),
        ({"policy": PrunePolicy(keep=1), "kinds": ["memories"]}, "'memories' is no kind"),
        (
            {"policy": PrunePolicy(keep=1), "kinds": ["memory"], "frameworks": ["x"]},
            "frameworks are named",
        ),
        ({"ttl": {"memory": -DAY}}, "the TTL of memory is"),
        ({"ttl": {"memory": DAY}, "kinds": ["prompts"]}, "nothing says what may go"),
    ],
)
def test_what_means_nothing_is_refused_before_any_request(
    storage: Storage, stores: dict[str, Ageing], asked: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        storage.prune(**asked)
    assert [each.total for each in stores.values()] == [0, 0]


@pytest.mark.parametrize("wrong", [{}, {"keep": 0}, {"superseded": -DAY}])
def test_a_policy_without_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"keep|superseded"):
        PrunePolicy(**wrong)
    with pytest.raises(TypeError, match="such as"):
        PrunePolicy(keep="20")  # type: ignore[arg-type]
