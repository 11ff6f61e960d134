"""Parts of large objects: their order, their bound, and what goes wrong in between."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.rest.parts import read_parts, send_parts
from ingenious_storage.errors import OperationTimeoutError, UnavailableError
from ingenious_storage.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import Iterator


class Dribble(io.RawIOBase):
    """A raw stream that gives three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        count = min(3, size)
        piece, self._rest = self._rest[:count], self._rest[count:]
        return piece


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 25])
def test_reads_full_parts_and_a_rest(length: int) -> None:
    data = bytes(range(length))
    for stream in (io.BytesIO(data), Dribble(data)):
        parts = list(read_parts(stream, 10))  # type: ignore[arg-type]
        assert b"".join(parts) == data
        assert all(len(part) == 10 for part in parts[:-1])
        assert all(parts)


def test_a_stream_without_data_for_now_is_not_cut() -> None:
    class Waiting(Dribble):
        def read(self, size: int = -1) -> bytes:
            return super().read(size) or None  # type: ignore[return-value]

    with pytest.raises(BlockingIOError):
        list(read_parts(Waiting(b"abcd"), 10))  # type: ignore[arg-type]


def test_answers_are_in_the_order_of_the_parts() -> None:
    def send(number: int, part: bytes) -> tuple[int, bytes]:
        time.sleep(0.02 if number % 2 else 0)
        return number, part

    parts = [b"a", b"b", b"c", b"d", b"e", b"f"]
    assert send_parts(parts, send) == list(enumerate(parts, 1))
    assert send_parts([], send) == []


def test_few_parts_are_held_at_a_time() -> None:
    taken, done, most = 0, 0, 0
    lock = threading.Lock()

    def parts() -> Iterator[bytes]:
        nonlocal taken, most
        for _ in range(40):
            with lock:
                taken += 1
                most = max(most, taken - done)
            yield b"x"

    def send(_number: int, _part: bytes) -> None:
        nonlocal done
        time.sleep(0.001)
        with lock:
            done += 1

    assert len(send_parts(parts(), send, at_once=3)) == 40
    # Three are sent, or two while one is being read.
    assert most == 3


def test_the_first_error_wins_and_nothing_else_begins() -> None:
    begun: list[int] = []

    def send(number: int, _part: bytes) -> None:
        begun.append(number)
        if number == 2:
            raise UnavailableError("the second")
        deadlines.sleep(20)  # until it is cut off

    with pytest.raises(UnavailableError, match="the second"):
        send_parts((b"x" for _ in range(1000)), send, at_once=2)
    assert len(begun) <= 3


def test_what_the_stream_raises_passes_and_requests_are_cut_off() -> None:
    cut, sending = threading.Event(), threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"x"
        assert sending.wait(10)
        raise ZeroDivisionError

    def send(_number: int, _part: bytes) -> None:
        with deadlines.interrupting(cut.set):
            sending.set()
            cut.wait(10)

    with pytest.raises(ZeroDivisionError):
        send_parts(parts(), send)
    assert cut.is_set()


def test_a_deadline_reaches_the_threads() -> None:
    def send(_number: int, _part: bytes) -> None:
        deadlines.sleep(60)
        deadlines.check("upload")

    began = time.monotonic()
    with pytest.raises(OperationTimeoutError), deadlines.deadline(0.1):
        send_parts([b"x", b"y"], send)
    assert time.monotonic() - began < 30
