"""The reader of large objects: what it gives, how much it asks for ahead, and when it stops."""

from __future__ import annotations

import io
import os
import random
import threading
import time
from collections.abc import Iterator

import pytest

from ingenious_storage import deadline
from ingenious_storage.backends import range_reader
from ingenious_storage.backends.range_reader import RangeReader
from ingenious_storage.errors import ConflictError, OperationTimeoutError
from ingenious_storage.runtime import deadlines
from tests.support.polling import eventually

CHUNK = 1000
LONG = 60.0


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(range_reader, "READ_CHUNK", CHUNK)


class Blob:
    """Bytes, and which ranges of them were asked for, by how many threads at a time."""

    def __init__(self, size: int) -> None:
        self.data = random.Random(1).randbytes(size)
        self.asked: list[tuple[int, int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = 0
        self.given: list[bytes] = []
        self.fails_at = -1

    def read_at(self, position: int, length: int) -> bytes:
        self.asked.append((position, length))
        self.waiting += 1
        self.gate.wait(LONG)
        self.waiting -= 1
        if position == self.fails_at:
            raise ConflictError("the blob changed while it was read")
        self.given.append(self.data[position : position + length])
        return self.given[-1]


@pytest.fixture
def blob() -> Iterator[Blob]:
    made = Blob(10 * CHUNK + 17)
    yield made
    made.gate.set()


def test_reads_on_in_order_with_several_ranges_at_once(blob: Blob) -> None:
    reader = RangeReader(len(blob.data), blob.read_at, at_once=3)
    assert reader.read(CHUNK) == blob.data[:CHUNK]
    assert blob.asked == [(0, CHUNK)]
    blob.gate.clear()
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(reader.readall()), daemon=True)
    thread.start()
    assert eventually(lambda: blob.waiting == 3)
    blob.gate.set()
    thread.join(20)
    assert got == [blob.data[CHUNK:]]
    assert sorted(blob.asked) == [
        (start, min(CHUNK, len(blob.data) - start)) for start in range(0, len(blob.data), CHUNK)
    ]


@pytest.mark.parametrize("at_once", [1, 3])
def test_any_order_gives_the_same_bytes(blob: Blob, at_once: int) -> None:
    draw = random.Random(2)
    raw = RangeReader(len(blob.data), blob.read_at, at_once=at_once)
    reader, known = io.BufferedReader(raw, CHUNK), io.BytesIO(blob.data)
    for _ in range(300):
        if draw.random() < 0.3:
            position = draw.randrange(len(blob.data) + 5)
            assert reader.seek(position) == known.seek(position)
        size = draw.choice([0, 1, 7, CHUNK - 1, CHUNK, 3 * CHUNK])
        assert reader.read(size) == known.read(size)


@pytest.mark.parametrize("at_once", [1, 3])
def test_what_came_is_given_without_a_copy(blob: Blob, at_once: int) -> None:
    reader = RangeReader(len(blob.data), blob.read_at, at_once=at_once)
    got = list(iter(lambda: reader.read(CHUNK), b""))
    assert b"".join(got) == blob.data
    assert {id(data) for data in got} == {id(data) for data in blob.given}


def test_one_range_at_a_time_unless_told_otherwise(blob: Blob) -> None:
    reader = RangeReader(len(blob.data), blob.read_at)
    assert reader.read(CHUNK) + reader.read(CHUNK) == blob.data[: 2 * CHUNK]
    assert blob.asked == [(0, CHUNK), (CHUNK, CHUNK)]


def test_an_error_comes_in_its_turn_and_the_read_may_be_tried_again(blob: Blob) -> None:
    blob.fails_at = 3 * CHUNK
    reader = RangeReader(len(blob.data), blob.read_at, at_once=3)
    assert b"".join(reader.read(CHUNK) for _ in range(3)) == blob.data[: 3 * CHUNK]
    with pytest.raises(ConflictError):
        reader.read(CHUNK)
    blob.fails_at = -1
    assert reader.readall() == blob.data[3 * CHUNK :]


def test_short_answers_are_put_together(blob: Blob) -> None:
    reader = RangeReader(
        len(blob.data), lambda at, size: blob.read_at(at, min(size, 300)), at_once=3
    )
    assert reader.readall() == blob.data


def test_a_deadline_that_passes_ends_what_is_read_ahead(blob: Blob) -> None:
    reader = RangeReader(len(blob.data), blob.read_at, at_once=3)
    assert reader.read(CHUNK) == blob.data[:CHUNK]
    blob.gate.clear()
    began = time.monotonic()
    with deadline(0.5), pytest.raises(OperationTimeoutError):
        reader.read(CHUNK)
    assert time.monotonic() - began < LONG / 2
    blob.gate.set()
    assert reader.readall() == blob.data[CHUNK:]


def test_each_deadline_has_its_own_ranges(blob: Blob) -> None:
    """Those of a block that is over would end with its time."""
    reader = RangeReader(len(blob.data), blob.read_at, at_once=3)
    with deadlines.opened() as scope:
        assert reader.read(CHUNK) + reader.read(CHUNK) == blob.data[: 2 * CHUNK]
        scope.expire()
    with deadline(20):
        assert reader.read(CHUNK) == blob.data[2 * CHUNK : 3 * CHUNK]
    assert reader.readall() == blob.data[3 * CHUNK :]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_child_reads_on_by_itself(blob: Blob) -> None:
    reader = RangeReader(len(blob.data), blob.read_at, at_once=3)
    assert reader.read(CHUNK) + reader.read(CHUNK) == blob.data[: 2 * CHUNK]
    child = os.fork()
    if not child:
        os._exit(0 if reader.readall() == blob.data[2 * CHUNK :] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert reader.readall() == blob.data[2 * CHUNK :]
