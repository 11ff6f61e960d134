"""One index and several who use it: threads, processes, forked children, and who discards it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from ingenious_storage.catalogue import Query
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.searching import search
from tests.library.catalogue.rows import many, row

WRITER = """\
import sys
from pathlib import Path
from ingenious_storage.catalogue.index import Index
from tests.library.catalogue.rows import many

start = int(sys.argv[2])
Index(Path(sys.argv[1])).put(many(1500, start=start))
"""
KILLED = """\
import os, sys
from pathlib import Path
from ingenious_storage.catalogue.index import Index
from tests.library.catalogue.rows import many

def rows():
    for number, row in enumerate(many(1000)):
        if number == 500:
            os.kill(os.getpid(), 9)
        yield row

Index(Path(sys.argv[1])).put(rows())
"""


def found(index: Index, words: str) -> int:
    return len(search(index, Query(words), limit=1000, offset=0).hits)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "index.db")


def run(code: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], env={**os.environ, "PYTHONPATH": "."}
    )


@pytest.mark.slow
def test_two_processes_write_while_another_reads(index: Index) -> None:
    writers = [run(WRITER, str(index.path), str(start)) for start in (0, 1000)]
    seen = [0]
    ends = time.monotonic() + 120
    while any(writer.poll() is None for writer in writers):
        assert time.monotonic() < ends
        seen.append(sum(index.counts().values()))
        found(index, "hello")
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen == sorted(seen)
    assert index.counts() == {"memory": 2500}  # 500 keys are of both
    index.check()


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_whole_transactions(index: Index) -> None:
    assert run(KILLED, str(index.path)).wait() == -9
    assert index.counts() == {"memory": 400}
    index.check()
    index.put(many(1000))
    assert index.counts() == {"memory": 1000}


def test_threads_share_an_index(index: Index) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                index.put(many(40, start=100 * number + turn))
                assert found(index, "hello") > 0
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert index.counts() == {"memory": 6 * 49}
    index.check()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_and_its_parent_go_on(index: Index) -> None:
    index.put(many(10))
    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                index.put(many(300, start=1000 * (number + 1)))
                os._exit(0 if found(index, "hello") > 300 else 1)
            finally:
                os._exit(2)
        children.append(child)
        index.put(many(300, start=1000 * (number + 5)))
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert index.counts() == {"memory": 10 + 6 * 300}
    index.check()


def test_who_still_uses_a_file_that_was_thrown_away_sees_the_new_one(index: Index) -> None:
    index.put(many(10))
    with closing(Index(index.path)) as other:
        other.put([row("of the other")])
        other.discard()
        other.put([row("new", "hello")])
        assert index.counts() == {"memory": 1}
        index.put(many(2))
        assert other.counts() == {"memory": 3}
        index.check()


def test_closing_is_no_end(index: Index) -> None:
    index.close()
    index.put(many(3))
    index.close()
    index.close()
    assert index.counts() == {"memory": 3}
