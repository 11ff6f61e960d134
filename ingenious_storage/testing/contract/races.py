"""Race contract: writers that meet, as threads on one backend object."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ingenious_storage.backends.base import Backend, IfAbsent, IfMatch, PutOptions
from ingenious_storage.errors import AlreadyExistsError, ConflictError, NotFoundError
from ingenious_storage.testing.contract.capabilities import Capabilities, lacks
from ingenious_storage.testing.oracle import Oracle

THREADS = 8
_T = TypeVar("_T")


def _together(work: Callable[[int], _T], count: int = THREADS) -> list[_T]:
    """The results of work(0) to work(count-1), run in threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def start(number: int) -> _T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


class RaceContract(Capabilities):
    """Threads that write, delete and read the same blob."""

    def test_one_creator_wins(self, backend: Backend, oracle: Oracle) -> None:
        """Of all that write with IfAbsent, one, and its bytes are there."""
        for turn in range(5):

            def create(number: int, key: str = f"turn/{turn}") -> bool:
                try:
                    backend.put(key, str(number).encode(), PutOptions(condition=IfAbsent()))
                except AlreadyExistsError:
                    return False
                return True

            won = _together(create)
            assert won.count(True) == 1
            assert oracle.read(f"turn/{turn}") == str(won.index(True)).encode()

    def test_no_increment_is_lost(self, backend: Backend, oracle: Oracle) -> None:
        """Read, change and write with IfMatch is safe."""
        backend.put("counter", b"0")

        def increment(_: int) -> None:
            done = 0
            while done < 5:
                blob = backend.get("counter")
                try:
                    backend.put(
                        "counter",
                        str(int(blob.data) + 1).encode(),
                        PutOptions(condition=IfMatch(blob.info.etag)),
                    )
                except ConflictError:
                    continue
                done += 1

        _together(increment)
        assert oracle.read("counter") == str(5 * THREADS).encode()

    def test_one_deleter_wins(self, backend: Backend, oracle: Oracle) -> None:
        """Of all that delete with IfMatch, one."""
        etag = backend.put("k", b"v").etag

        def delete(_: int) -> bool:
            try:
                backend.delete("k", condition=IfMatch(etag))
            except NotFoundError:
                return False
            return True

        won = _together(delete).count(True)
        assert oracle.keys() == set()
        if not self.one_deleter_wins:
            assert won >= 1
            lacks("a delete that tells the others that they came too late")
        assert won == 1

    def test_readers_see_whole_blobs(self, backend: Backend) -> None:
        """Never parts of two writes, nor data with another write's size or ETag."""
        backend.put("k", b"0" * 50_000)
        contents: dict[str, bytes] = {}

        def work(number: int) -> None:
            for turn in range(15):
                if number == 0:
                    backend.put("k", str(turn % 10).encode() * (50_000 + 1000 * turn))
                    continue
                blob = backend.get("k")
                assert len(blob.data) == blob.info.size
                assert len(set(blob.data)) == 1
                if self.etag_of_what_is_read:
                    assert contents.setdefault(blob.info.etag, blob.data) == blob.data

        _together(work, 4)
        if not self.etag_of_what_is_read:
            lacks("an ETag that is always of the bytes beside it")

    def test_writes_beside_deletes(self, backend: Backend, oracle: Oracle) -> None:
        """A delete that empties a folder must not take the ground from under a neighbour."""
        if not self.writes_beside_deletes:
            lacks("writes beside deletes in one folder")

        def work(number: int) -> None:
            for _ in range(10):
                backend.put(f"deep/er/{number}", b"v")
                backend.delete(f"deep/er/{number}")
            backend.put(f"deep/er/{number}", b"last")

        _together(work, 4)
        assert oracle.keys() == {f"deep/er/{number}" for number in range(4)}
