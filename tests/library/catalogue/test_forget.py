"""What was erased goes from the index of this machine, and from what was published."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.catalogue import Forgotten, snapshot
from ingenious_storage.errors import InvalidKeyError, PermissionDeniedError
from tests.library.catalogue.machines import Machines, failing, fill, rows, say
from tests.support.faults import after

SECRET = "quicksilverish"


def held(folder: Path) -> bool:
    """Whether any file of the index has the word, in whatever table."""
    return any(SECRET.encode() in path.read_bytes() for path in folder.iterdir())


def test_nothing_of_it_is_left(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 300)
        storage.memory.save_memory("c", say(f"the word {SECRET} alone"))
        storage.prompts.create_set("s")
        storage.catalogue.publish()
        assert held(machines.path().parent)
        storage.memory.purge_memory("c")
        forgotten = storage.catalogue.forget("memory", ["c", "never-there"])
        assert forgotten == Forgotten(1, (snapshot.KEY,))
        assert not held(machines.path().parent)
        assert snapshot.KEY not in machines.raw()
        assert snapshot.KEY in machines.raw("ingenious-revisions")
    assert "c" not in rows(machines.path())
    assert not held(machines.path().parent)


def test_other_machines_lose_it_at_their_next_sync(machines: Machines) -> None:
    with machines.open() as storage, machines.open("second") as other:
        fill(storage, 300)
        storage.memory.save_memory("c", say(f"the word {SECRET} alone"))
        storage.catalogue.sync()
        other.catalogue.sync()
        storage.memory.purge_memory("c")
        storage.catalogue.forget("memory", ["c"])
        assert held(machines.path("second").parent)
        other.catalogue.sync()
        assert not held(machines.path("second").parent)


def test_where_there_is_no_index_none_is_made(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 1)
        assert storage.catalogue.forget("memory", ["c0"]) == Forgotten(None, ())
    assert not machines.path().parent.exists()


def test_it_is_done_by_keys_where_nobody_knows_the_name(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 2)
        storage.catalogue.sync()
        forgotten = storage.catalogue.forget("memory", keys=["conversations/c0/memory.json"])
    assert forgotten.documents == 1
    assert set(rows(machines.path())) == {"c1"}


def test_for_nothing_nothing_is_asked(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 2)
        storage.catalogue.publish()
        machines.forget_requests()
        assert storage.catalogue.forget("memory", []) == Forgotten(0, ())
    assert machines.requests == []


def test_it_costs_one_listing(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 5)
        storage.catalogue.sync()
        machines.forget_requests()
        storage.catalogue.forget("memory", [f"c{n}" for n in range(5)])
    assert [operation for operation, _ in machines.requests] == ["list"]


def test_an_index_from_before_encryption_loses_it_too(machines: Machines, key_file: Path) -> None:
    with machines.open() as storage:
        storage.memory.save_memory("c", say(SECRET))
        storage.catalogue.publish()
    encryption = {"provider": "key_file", "key_file": key_file, "accept_plain": True}
    with machines.open(encryption=encryption) as storage:
        storage.memory.purge_memory("c")
        assert storage.catalogue.forget("memory", ["c"]) == Forgotten(1, (snapshot.KEY,))
    assert not held(machines.path().parent)


def test_a_damaged_index_goes_as_a_whole(machines: Machines) -> None:
    machines.path().parent.mkdir()
    machines.path().write_bytes(f"no index, and the word {SECRET}".encode())
    with machines.open() as storage:
        assert storage.catalogue.forget("memory", ["c"]).documents == 0
    assert not machines.path().exists()


def test_a_name_that_is_none_and_a_store_that_refuses_are_errors(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 2)
        storage.catalogue.publish()
        with pytest.raises(InvalidKeyError):
            storage.catalogue.forget("label", ["No Name!"])
        denied = failing(PermissionDeniedError("not you"))
        machines.faulty["ingenious-data"].rule = lambda request: (
            denied(request) if request.operation == "delete_many" else None
        )
        with pytest.raises(PermissionDeniedError):
            storage.catalogue.forget("memory", ["c0"])
    assert set(rows(machines.path())) == {"c1"}


def test_a_sync_that_has_read_it_before_does_not_bring_it_back(machines: Machines) -> None:
    with machines.open() as storage, machines.open() as beside:
        fill(storage, 3)
        storage.memory.save_memory("c", say(f"the word {SECRET} alone"))
        key, faulty = storage.memory.kind.key("c"), machines.faulty["ingenious-data"]

        def erase() -> None:  # by another process, while the sync holds what it has read
            faulty.rule = None
            beside.memory.purge_memory("c")
            assert beside.catalogue.forget("memory", ["c"]) == Forgotten(0, ())

        erased = after(erase)
        faulty.rule = lambda request: (
            erased if (request.operation, request.key) == ("get", key) else None
        )
        storage.catalogue.sync()
        assert faulty.rule is None
        assert set(rows(machines.path())) == {"c0", "c1", "c2"}
        assert not held(machines.path().parent)
        beside.memory.save_memory("c", say("something else"))
        storage.catalogue.sync()
    assert set(rows(machines.path())) == {"c", "c0", "c1", "c2"}
    assert not held(machines.path().parent)
