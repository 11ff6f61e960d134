"""Placement: a format with vectors, spread evenly, and moved as little as can be."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from ingenious_storage.backends.sharded.placement import Placement, digest_of
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import segment_key
from ingenious_storage.keys import encode_id
from ingenious_storage.layers.encrypt.records import document_name
from tests.library.backends.sharded.shards import second_home

KEYS = [f"conversations/{number:08d}/memory.json" for number in range(6_000)]
IN_TWO = Placement("ab")
IN_THREE = Placement("abc")


@pytest.mark.parametrize(
    ("key", "of_two", "of_three"),
    [
        ("conversations/thread-1/memory.json", "a", "a"),
        ("conversations/thread-2/memory.json", "b", "b"),
        ("conversations/thread-3/memory.json", "b", "b"),
        ("prompts/quickstart-1.json", "a", "a"),
        ("labels/production.json", "a", "a"),
        ("keys/container.json", "b", "b"),
        ("漢字/かな", "b", "c"),
    ],
)
def test_vectors(key: str, of_two: str, of_three: str) -> None:
    """docs/scale.md has them: data that is stored rests on them, so they never change."""
    assert (IN_TWO.shard_of(key), IN_THREE.shard_of(key)) == (of_two, of_three)


def test_the_page_has_the_vectors() -> None:
    page = (Path(__file__).parents[4] / "docs/scale.md").read_text(encoding="utf-8")
    [table] = re.findall(r"\| key \| of `a`, `b` \| .*\n\|---.*\n((?:\|.*\n)+)", page)
    rows = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in table.splitlines()]
    assert len(rows) == 7
    for key, of_two, of_three in rows:
        assert (IN_TWO.shard_of(key), IN_THREE.shard_of(key)) == (of_two, of_three)


def test_a_second_reader_finds_the_same() -> None:
    for key in KEYS[:500]:
        assert IN_THREE.shard_of(key) == second_home(key, "abc")


@pytest.mark.parametrize(
    "document",
    [
        "conversations/thread-1/memory.json",
        f"conversations/{encode_id('漢' * 300)}/memory.json",
        "prompts/quickstart-1.json",
        "agents/langgraph/thread/" + "x" * 900 + "/state.msgpack",
    ],
)
def test_all_of_a_document_is_in_one_shard(document: str) -> None:
    """Head, segments, marker and key record, one of a very long key too."""
    blobs = (
        segment_key(document, RevisionId(32, "0123456789abcdef")),
        segment_key(document, RevisionId(64, "0123456789abcdef" * 2)),
        f"deleted/{document}",
        document_name(document),
    )
    assert {digest_of(key) for key in (document, *blobs)} == {sha256(document.encode()).digest()}


@pytest.mark.parametrize(
    "key",
    ["history", "history/x", "history/x/1-a", "deleted/", "keys/master/0123456789abcdef.json",
     "keys/documents/", "catalogue/ingenious-snapshot.jsonl.zst", ".health/doctor-1"],
)  # fmt: skip
def test_what_is_of_no_document_is_by_its_own_key(key: str) -> None:
    assert digest_of(key) == sha256(key.encode()).digest()


@pytest.mark.parametrize("shards", [2, 3, 5, 16])
def test_spread(shards: int) -> None:
    """Chi-square over 6,000 keys in a row is what chance allows: the keys are fixed."""
    placement = Placement(f"shard-{number}" for number in range(shards))
    found = Counter(map(placement.shard_of, KEYS))
    expected = len(KEYS) / shards
    chi_square = sum((found[name] - expected) ** 2 / expected for name in placement.names)
    # Mean shards - 1 and variance twice that: four deviations of it.
    assert chi_square < (shards - 1) + 4 * (2 * (shards - 1)) ** 0.5


@pytest.mark.parametrize("shards", [1, 2, 4, 15])
def test_a_new_shard_takes_its_share_and_moves_nothing_else(shards: int) -> None:
    names = [f"shard-{number}" for number in range(shards)]
    before, after = Placement(names), Placement([*names, "new"])
    moved = [key for key in KEYS if before.shard_of(key) != after.shard_of(key)]
    assert {after.shard_of(key) for key in moved} == {"new"}
    assert len(moved) == pytest.approx(len(KEYS) / (shards + 1), rel=0.15)
    came_from = Counter(map(before.shard_of, moved))
    assert min(came_from.values()) > 0.4 * len(moved) / shards


def test_the_order_of_shards_does_not_matter() -> None:
    assert [*map(Placement("cab").shard_of, KEYS[:500])] == [*map(IN_THREE.shard_of, KEYS[:500])]
