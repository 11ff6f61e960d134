"""What is stored of a packed document is what docs/storage-format.md says, read by another hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgpack
import pytest

from ingenious_storage.documents import MSGPACK, DocumentStore
from ingenious_storage.documents.format import index, segment
from tests.library.documents.packed.second_reader import SecondReader
from tests.support.counting import CountingBackend
from tests.support.layering import behind

KEY = "agents/langgraph/a/state.msgpack"


def reader_of(backend: CountingBackend) -> SecondReader:
    return SecondReader(lambda name: behind(backend.inner).get(name).data, KEY)


def small(turn: int) -> Any:
    return {"turn": turn, "raw": bytes([turn % 256]), "nan": float("inf"), 5: ["text"] * (turn % 7)}


def heavy(turn: int) -> Any:
    """Its deltas outweigh it, so that it is sealed for that."""
    return random.Random(turn).randbytes(9000 if turn % 3 else 50)


@pytest.mark.parametrize("made", [small, heavy])
@pytest.mark.parametrize("count", [1, 2, 33, 43, 100])
def test_another_program_reads_every_revision(
    store: DocumentStore, backend: CountingBackend, made: Callable[[int], Any], count: int
) -> None:
    packed = store.encoded(MSGPACK)
    for turn in range(count):
        packed.save(KEY, made(turn))
    reader = reader_of(backend)
    for number in range(1, count + 1):
        assert msgpack.unpackb(reader.data(number), strict_map_key=False) == made(number - 1)


def test_it_follows_segments_below_a_keyframe(
    store: DocumentStore, backend: CountingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 4)
    monkeypatch.setattr(index, "ONE_EACH", 8)
    packed = store.encoded(MSGPACK)
    for turn in range(100):
        packed.save(KEY, small(turn))
    reader = reader_of(backend)
    kinds = [whole for _, _, whole in reader.head["segments"]]
    assert len(kinds) == 24
    assert kinds[:4] == [True] * 4
    assert sum(kinds[12:]) < sum(kinds[:12]), "the further on, the fewer"
    for number in range(1, 101):
        assert msgpack.unpackb(reader.data(number), strict_map_key=False) == small(number - 1)


@pytest.mark.parametrize("made", [small, heavy])
def test_a_segment_has_the_last_entries_of_the_one_before(
    store: DocumentStore, backend: CountingBackend, made: Callable[[int], Any]
) -> None:
    packed = store.encoded(MSGPACK)
    for turn in range(100):
        packed.save(KEY, made(turn))
    reader = reader_of(backend)
    records = [reader.segment([number, name])[0] for number, name, _ in reader.head["segments"]]
    assert "overlap" not in records[0]
    for older, newer in pairwise(records):
        overlap = newer.get("overlap", [])
        assert overlap == older["entries"][len(older["entries"]) - len(overlap) :]
        assert made is heavy or len(overlap) == 3
