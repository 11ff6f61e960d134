from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.backends.local.folder import Folder
from ingenious_storage.backends.local.lock import Lock
from ingenious_storage.errors import AlreadyExistsError, ConflictError, OperationTimeoutError

INCREMENT = """
import sys
from pathlib import Path
from ingenious_storage.backends.base import IfMatch, PutOptions
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import ConflictError

backend = LocalBackend(Path(sys.argv[1]))
done = 0
while done < 30:
    blob = backend.get("counter")
    try:
        options = PutOptions(condition=IfMatch(blob.info.etag))
        backend.put("counter", b"%d" % (int(blob.data) + 1), options)
    except ConflictError:
        continue
    done += 1
    backend.put(f"folder/{sys.argv[2]}", b"")
    backend.delete(f"folder/{sys.argv[2]}")
"""

# Forks while it holds the lock, as a pool of workers does in a threaded program; then it dies.
DIE_WITH_A_CHILD = """
import os, signal, sys, time
from ingenious_storage.backends.local.folder import Folder
from ingenious_storage.backends.local.lock import Lock

with Lock(Folder.root(sys.argv[1]), "k", operation="put", timeout=30):
    child = os.fork()
    if child == 0:
        time.sleep(60)
    print(child, flush=True)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _python(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_lose_nothing(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path)
    backend.put("counter", b"0")
    children = [_python(INCREMENT, tmp_path, number) for number in range(4)]
    assert [child.communicate() and child.returncode for child in children] == [0] * 4
    assert backend.get("counter").data == b"120"
    assert [blob.key for blob in backend.iterate()] == ["counter"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_does_not_keep_a_lock(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, timeout=30)
    parent = _python(DIE_WITH_A_CHILD, tmp_path)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.wait()
    try:
        backend.put("k", b"v")
    finally:
        os.kill(child, 9)
        parent.stdout.close()


def test_waiting_for_a_lock_ends(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, timeout=0.05)
    etag = backend.put("k", b"old").etag
    with Lock(Folder.root(str(tmp_path)), "k", operation="test", timeout=30):
        for call in (
            lambda: backend.put("k", b"new", PutOptions(condition=IfMatch(etag))),
            lambda: backend.delete("k"),
        ):
            start = time.monotonic()
            with pytest.raises(OperationTimeoutError) as caught:
                call()
            assert 0.05 <= time.monotonic() - start < 20
            assert caught.value.retryable
            assert not caught.value.outcome_unknown
        assert backend.get("k").data == b"old"
    backend.put("k", b"new", PutOptions(condition=IfMatch(etag)))


def test_a_slow_stream_keeps_nobody_waiting(tmp_path: Path) -> None:
    """The lock is taken when all has arrived; the condition is checked then."""
    backend = LocalBackend(tmp_path, timeout=0.05)

    class Slow:
        parts = iter((b"one", b"two", b""))

        def read(self, _: int) -> bytes:
            part = next(self.parts)
            if part == b"two":
                backend.put("k", b"faster")
            return part

    with pytest.raises(AlreadyExistsError):
        backend.upload("k", Slow(), PutOptions(condition=IfAbsent()))  # type: ignore[arg-type]
    assert backend.get("k").data == b"faster"


def test_a_swap_that_waited_sees_what_it_waited_for(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path)
    etag = backend.put("k", b"1").etag
    script = INCREMENT.partition("backend =")[0] + (
        "import time\n"
        "from ingenious_storage.backends.local import temporary_file\n"
        "place = temporary_file.Temporary.place\n"
        "def slow(self, lock):\n"
        "    print('locked', flush=True)\n"
        "    time.sleep(0.3)\n"
        "    return place(self, lock)\n"
        "temporary_file.Temporary.place = slow\n"
        "LocalBackend(Path(sys.argv[1])).put('k', b'2')\n"
    )
    other = _python(script, tmp_path)
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    with pytest.raises(ConflictError):
        backend.put("k", b"3", PutOptions(condition=IfMatch(etag)))
    assert other.wait() == 0
    other.stdout.close()
    assert backend.get("k").data == b"2"
