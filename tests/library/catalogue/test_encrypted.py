"""With encryption on no text lies on this disk, unless somebody says that it may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.catalogue import Query, snapshot
from ingenious_storage.errors import ConfigurationError, PlainIndexRefusedError
from tests.library.catalogue.machines import Machines, fill, rows

CALLS: dict[str, Callable[[Storage], Any]] = {
    "sync": lambda storage: storage.catalogue.sync(),
    "rebuild": lambda storage: storage.catalogue.rebuild(),
    "status": lambda storage: storage.catalogue.status(),
    "search": lambda storage: storage.catalogue.search(Query("text")),
}


@pytest.fixture
def encryption(key_file: Path) -> dict[str, Any]:
    return {"provider": "key_file", "key_file": key_file}


@pytest.mark.parametrize("call", CALLS)
def test_everything_is_refused(machines: Machines, encryption: dict[str, Any], call: str) -> None:
    with machines.open(encryption=encryption) as storage:
        fill(storage, 2)
        machines.forget_requests()
        with pytest.raises(PlainIndexRefusedError) as caught:
            CALLS[call](storage)
    assert caught.value.code == "plain_index_refused"
    assert "storage.catalogue.plain_index" in caught.value.hint
    assert machines.requests == []
    assert not machines.path().exists()


def test_one_from_before_is_named(machines: Machines, encryption: dict[str, Any]) -> None:
    with machines.open() as storage:
        storage.catalogue.sync()
    with (
        machines.open(encryption=encryption) as storage,
        pytest.raises(PlainIndexRefusedError, match=str(machines.path())),
    ):
        storage.catalogue.sync()


def test_it_is_kept_where_somebody_says_so(machines: Machines, encryption: dict[str, Any]) -> None:
    with machines.open(encryption=encryption, catalogue={"plain_index": True}) as storage:
        fill(storage, 2)
        assert storage.catalogue.sync().read == 2
    assert len(rows(machines.path())) == 2


def test_a_published_snapshot_goes_when_the_container_is_encrypted(
    machines: Machines, encryption: dict[str, Any]
) -> None:
    with machines.open() as storage:
        fill(storage, 3)
        storage.catalogue.publish()
    with machines.open(encryption={**encryption, "accept_plain": True}) as storage:
        would = storage.keys.encrypt(dry_run=True)
        assert snapshot.KEY in machines.raw()
        done = storage.keys.encrypt()
    assert (would["data"].written, done["data"].written) == (3, 3)
    assert snapshot.KEY not in machines.raw()
    with machines.open(encryption=encryption) as storage:
        assert not storage.keys.verify()["data"].problems


def test_what_was_published_before_is_not_begun_with(
    machines: Machines, encryption: dict[str, Any]
) -> None:
    with machines.open() as storage:
        fill(storage, 3)
        storage.catalogue.publish()
    with machines.open(
        "second",
        encryption={**encryption, "accept_plain": True},
        catalogue={"plain_index": True},
    ) as storage:
        report = storage.catalogue.sync()
    assert (report.from_snapshot, report.read) == (False, 3)


def test_what_is_sealed_in_place_is_read_again(
    machines: Machines, encryption: dict[str, Any]
) -> None:
    plain = {"plain_index": True}
    with machines.open() as storage:
        fill(storage, 3)
        storage.catalogue.sync()
    with machines.open(encryption={**encryption, "accept_plain": True}, catalogue=plain) as storage:
        assert storage.catalogue.sync().read == 0
        storage.keys.encrypt()
        assert storage.catalogue.sync().read == 3
        assert storage.catalogue.sync().read == 0


def test_what_another_layer_has_encoded_is_an_error_of_the_configuration(
    machines: Machines,
) -> None:
    """Not a damaged document: each of them would be one."""
    with machines.open(compression={"enabled": True}) as storage:
        storage.memory.save_memory("c", {"text": "words " * 500})
        assert storage.catalogue.sync().read == 1
    with machines.open("second") as storage:
        with pytest.raises(ConfigurationError, match="compress"):
            storage.catalogue.sync()
        assert not storage.catalogue.status().complete
