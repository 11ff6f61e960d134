"""A client that is killed in the middle of a call: the old revision or the new one, whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.documents import Revision, gc, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import (
    ContainerNotFoundError,
    MemoryNotFoundError,
    NotFoundError,
)
from ingenious_storage.services.kinds import MEMORIES
from ingenious_storage.services.memory import MemoryManager
from tests.integration.crash.harness import (
    FSYNCS,
    RENAMES,
    count_syscalls,
    requires_strace,
    run_failing,
    run_killed,
)
from tests.library.documents.processes import call_once
from tests.support.faults import Fault, FaultyBackend, Role, at, killed_after, killed_before, on
from tests.support.layering import files_on, key_file
from tests.support.writers import (
    CONVERSATION,
    Place,
    new_processes,
    remains,
    whole_history,
    with_one_more,
)

pytestmark = pytest.mark.slow

KEY = MEMORIES.key(CONVERSATION)
SCRIPT = Path(call_once.__file__)
UNLINKS = "unlink,unlinkat"


def saved(backend: Backend, times: int) -> list[Revision]:
    memory = MemoryManager(files_on(backend))
    return [memory.save_memory(CONVERSATION, [turn]) for turn in range(times)]


def history_of(backend: Backend) -> list[tuple[Revision, Any]]:
    try:
        return whole_history(backend, KEY)
    except (NotFoundError, ContainerNotFoundError):
        return []


def check_after(backend: Backend, before: list[Revision], data: Any) -> bool:
    """Whether the killed call came to its end; in any case all is whole and the next save works."""
    history = history_of(backend)
    assert [revision for revision, _ in history[: len(before)]] == before
    done = len(history) > len(before)
    assert [value for _, value in history[len(before) :]] == [data] * done
    memory = MemoryManager(files_on(backend))
    revision = memory.save_memory(CONVERSATION, ["next"])
    assert revision.number == len(history) + 1
    assert memory.load_memory(CONVERSATION) == ["next"]
    assert whole_history(backend, KEY) == [*history, (revision, ["next"])]
    return done


def arguments(folder: Path, call: str) -> list[str]:
    """Of `call_once`, with the layers that are on."""
    return [str(folder), call, *([str(key_file())] if key_file() else [])]


class Trial:
    """A folder with a conversation, and copies of it on which a call is killed or fails."""

    def __init__(self, folder: Path, saves: int) -> None:
        self.folder, self.copies = folder, 0
        self.before = saved(LocalBackend(folder), saves)

    def copy(self) -> Path:
        self.copies += 1
        copy = self.folder.with_name(f"copy-{self.copies}")
        if self.folder.exists():
            shutil.copytree(self.folder, copy)
        return copy

    def killed(self, call: str, syscalls: str) -> Iterator[LocalBackend]:
        """What each kill leaves, in the order of the system calls."""
        total = count_syscalls(SCRIPT, arguments(self.copy(), call), syscalls)
        assert total > 0
        for when in range(1, total + 1):
            copy = self.copy()
            run_killed(SCRIPT, arguments(copy, call), syscalls, when)
            yield LocalBackend(copy)


@pytest.fixture(params=[0, 1, MAX_ENTRIES], ids=["first", "next", "sealing"])
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Trial:
    return Trial(tmp_path / "container", request.param)


@requires_strace
@pytest.mark.parametrize("syscalls", [RENAMES, FSYNCS], ids=["rename", "fsync"])
def test_a_save_on_disk_that_is_killed(trial: Trial, syscalls: str) -> None:
    done = [check_after(left, trial.before, ["new"]) for left in trial.killed("save", syscalls)]
    # The last fsync is that of the folder, after the rename.
    assert done == [False] * (len(done) - 1) + [syscalls == FSYNCS]


@pytest.mark.slow
@requires_strace
@pytest.mark.parametrize("syscalls", [RENAMES, FSYNCS], ids=["rename", "fsync"])
@pytest.mark.parametrize("saves", [1, MAX_ENTRIES], ids=["next", "sealing"])
def test_a_delete_on_disk_that_is_killed(tmp_path: Path, saves: int, syscalls: str) -> None:
    trial = Trial(tmp_path / "container", saves)
    done = [check_after(left, trial.before, None) for left in trial.killed("delete", syscalls)]
    assert done == [False] * (len(done) - 1) + [syscalls == FSYNCS]


@requires_strace
@pytest.mark.parametrize("syscalls", [UNLINKS, FSYNCS], ids=["unlink", "fsync"])
def test_a_purge_on_disk_that_is_killed_is_finished_by_another(
    tmp_path: Path, syscalls: str
) -> None:
    trial = Trial(tmp_path / "container", 2 * MAX_ENTRIES + 1)
    for left in trial.killed("purge", syscalls):
        memory = MemoryManager(files_on(left))
        with suppress(MemoryNotFoundError):
            assert memory.load_memory(CONVERSATION) == [2 * MAX_ENTRIES]
        with suppress(MemoryNotFoundError):
            memory.purge_memory(CONVERSATION)
        assert remains(left) == []
        assert memory.save_memory(CONVERSATION, ["next"]).number == 1
        assert len(whole_history(left, KEY)) == 1


@requires_strace
@pytest.mark.parametrize("syscalls", [RENAMES, UNLINKS], ids=["rename", "unlink"])
def test_a_prune_on_disk_that_is_killed_leaves_what_gc_sweeps(
    tmp_path: Path, syscalls: str
) -> None:
    trial = Trial(tmp_path / "container", 3 * MAX_ENTRIES + 1)
    for left in trial.killed("prune", syscalls):
        memory = MemoryManager(files_on(left))
        assert verify(memory.documents).problems == ()
        memory.prune_memory(CONVERSATION, keep=1)
        gc(memory.documents, grace=-timedelta(days=1))
        assert [r for r, _ in whole_history(left, KEY)] == trial.before[-1:]
        assert memory.save_memory(CONVERSATION, ["next"]).number == 3 * MAX_ENTRIES + 2


@requires_strace
def test_a_save_whose_disk_fails_is_not_taken_for_done(trial: Trial) -> None:
    """EIO at each fsync in turn."""
    total = count_syscalls(SCRIPT, arguments(trial.copy(), "save"), FSYNCS)
    for when in range(1, total + 1):
        copy = trial.copy()
        ended = run_failing(SCRIPT, arguments(copy, "save"), FSYNCS, when, "EIO")
        done = check_after(LocalBackend(copy), trial.before, ["new"])
        assert done == (ended.returncode == 0), ended.stderr


needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


def save_and_be_killed(place: Place, operation: str, role: Role, fault: Fault) -> None:
    backend = FaultyBackend(place.backend())
    memory = MemoryManager(files_on(backend, place.key_file))
    backend.rule = on(operation, role, fault)
    memory.save_memory(CONVERSATION, ["new"])


@needs_signals
@pytest.mark.parametrize(
    ("role", "fault", "done"),
    [
        ("segment", killed_before, False),
        ("segment", killed_after, False),
        ("head", killed_before, False),
        ("head", killed_after, True),
    ],
    ids=["before-seal", "after-seal", "before-swap", "after-swap"],
)
def test_a_client_that_is_killed_between_seal_and_swap(
    place: Place, role: Role, fault: Fault, done: bool
) -> None:
    backend = place.backend()
    before = saved(backend, MAX_ENTRIES)
    process = new_processes().Process(target=save_and_be_killed, args=(place, "put", role, fault))
    process.start()
    process.join(100)
    assert process.exitcode == -signal.SIGKILL
    sealed = [info.key for info in backend.iterate(f"history/{KEY}/")]
    assert len(sealed) == ((role, fault) != ("segment", killed_before))
    assert check_after(backend, before, ["new"]) is done
    assert len([*backend.iterate(f"history/{KEY}/")]) == 1


def append_until_killed(writer: int, life: int, place: Place, told: Path) -> None:
    """Appends, writes down each that was acknowledged, and dies at some request."""
    lot = random.Random(100 * writer + life)
    dies_at, fault = lot.randrange(1, 60), lot.choice([killed_before, killed_after])
    memory = MemoryManager(place.files(FaultyBackend(place.backend(), at(dies_at, fault))))
    with told.open("a") as log:
        for turn in range(60):
            message = f"{writer}/{life}/{turn}"
            memory.update_memory(CONVERSATION, with_one_more(message))
            log.write(message + "\n")
            log.flush()


@pytest.mark.slow
@needs_signals
def test_clients_that_are_killed_at_some_request_and_started_again(
    place: Place, tmp_path: Path
) -> None:
    writers, lives = 4, 8

    def live(writer: int) -> None:
        for life in range(lives):
            told = tmp_path / f"told-{writer}"
            process = new_processes().Process(
                target=append_until_killed, args=(writer, life, place, told)
            )
            process.start()
            process.join(100)
            assert process.exitcode == -signal.SIGKILL

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(live, range(writers)))
    final = whole_history(place.backend(), KEY)[-1][1]
    told = [line for log in tmp_path.glob("told-*") for line in log.read_text().split()]
    assert len(told) > writers * lives
    assert len(set(final)) == len(final)
    assert set(told) <= set(final)
    assert len(final) - len(told) <= writers * lives  # the last of a life may be there or not
