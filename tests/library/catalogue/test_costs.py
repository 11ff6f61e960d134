"""What the catalogue costs: a save nothing, a sync what has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.library.catalogue.machines import Machines, fill, rows, say, texts
from tests.support.counting import CountingBackend
from tests.support.peak import traced_peak_of
from tests.support.stores import of_azurite

WRITES: dict[str, Callable[[Storage], Any]] = {
    "save": lambda storage: storage.memory.save_memory("c0", say("again")),
    "save new": lambda storage: storage.memory.save_memory("new", say("new")),
    "append": lambda storage: storage.memory.append_messages("c1", [{"role": "user"}]),
    "delete": lambda storage: storage.memory.delete_memory("c2"),
    "restore": lambda storage: storage.memory.restore_memory("c2"),
    "commit": lambda storage: storage.prompts.commit("s", {"a.md": "text"}),
    "label": lambda storage: storage.prompts.set_label("production", "s"),
    "purge": lambda storage: storage.memory.purge_memory("c3"),
    "load": lambda storage: storage.memory.load_memory("c4"),
}


def costs(machines: Machines, *, with_catalogue: bool) -> dict[str, list[tuple[str, str | None]]]:
    """The requests of each call."""
    found = {}
    with machines.open() as storage:
        fill(storage, 5)
        storage.prompts.create_set("s")
        if with_catalogue:
            storage.catalogue.publish()
        for name, call in WRITES.items():
            machines.forget_requests()
            call(storage)
            found[name] = machines.requests
    return found


def test_no_call_costs_one_request_more_with_the_catalogue_in_use(tmp_path: Path) -> None:
    without = costs(Machines(tmp_path / "without"), with_catalogue=False)
    in_use = costs(Machines(tmp_path / "in use"), with_catalogue=True)
    assert all(without.values())
    assert in_use == without


def test_nothing_is_loaded_and_no_file_made_for_who_does_not_search(tmp_path: Path) -> None:
    program = (
        "import sys; from ingenious_storage import Storage\n"
        "with Storage.from_config() as storage:\n"
        "    storage.memory.save_memory('c', 1)\n"
        "print('sqlite3' in sys.modules)"
    )
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "caches")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"False"
    assert not (tmp_path / "caches").exists()


KILLED = """
import sys
import time
from pathlib import Path
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
folder = Path(sys.argv[1])
settings = StorageSettings(base_path=folder, catalogue={"path": folder / "catalogue.db"})

def told(listed, read):
    print(listed, read, flush=True)
    if read >= 200:
        time.sleep(100)  # until it is killed

with Storage(Settings(storage=settings)) as storage:
    storage.catalogue.sync(progress=told)
"""


@pytest.mark.slow
def test_a_sync_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    settings = StorageSettings(base_path=tmp_path, catalogue={"path": path})
    with Storage(Settings(storage=settings)) as storage:
        fill(storage, 900)
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if int(line.split()[1]) >= 200:
                    process.send_signal(signal.SIGKILL)
                    break
            process.wait(200)
        assert process.returncode == -signal.SIGKILL
        held = len(rows(path))
        assert 200 <= held < 900
        assert not storage.catalogue.status().complete
        report = storage.catalogue.sync()
        assert report.read == 900 - held
        assert storage.catalogue.status().complete
    assert len(rows(path)) == 900


@pytest.mark.slow
def test_a_second_sync_on_azurite_costs_a_twentieth(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> None:
    """2,000 conversations, and 1 % of them changed."""
    store = of_azurite(request.getfixturevalue("azurite"))
    settings = store.settings(
        container_data=container_name, catalogue={"path": tmp_path / "catalogue.db"}
    )
    counted: list[CountingBackend] = []

    def build(given: StorageSettings, name: str) -> CountingBackend:
        counted.append(CountingBackend(store.backend(name)))
        return counted[-1]

    with Storage(Settings(storage=settings), backend=build) as storage:
        fill(storage, 2000)
        first = _requests(counted, storage.catalogue.sync)
        storage.memory.save_many({f"c{n * 100}": say("changed") for n in range(20)})
        second = _requests(counted, storage.catalogue.sync)
    assert first["get"] >= 2000
    assert second["get"] == 20
    assert second.total() <= 0.05 * first.total()
    found = texts(tmp_path / "catalogue.db")
    assert len(found) == 2000
    assert [name for name, text in found.items() if text == "changed"] == sorted(
        f"c{n * 100}" for n in range(20)
    )


def _requests(counted: list[CountingBackend], call: Callable[[], object]) -> Counter[str]:
    for backend in counted:
        backend.reset()
    call()
    return sum((backend.operations for backend in counted), Counter[str]())


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_documents(tmp_path: Path) -> None:
    peaks = []
    for number in (1000, 6000):
        path = tmp_path / str(number)
        settings = StorageSettings(type="inmemory", workers=2, catalogue={"path": path})
        with Storage(Settings(storage=settings)) as storage:
            fill(storage, number)
            peaks.append(traced_peak_of(storage.catalogue.sync))
            peaks.append(traced_peak_of(storage.catalogue.publish))
    first, published, larger, larger_published = peaks
    assert larger - first < 1_000_000, peaks
    assert larger_published - published < 1_000_000, peaks
