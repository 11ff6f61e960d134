"""The catalogue on every store, with and without layers that change data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.library.catalogue.machines import fill, say, texts
from tests.support.stores import EVERY, running

Open = Callable[[str], Storage]


@pytest.fixture(params=["local", *EVERY])
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Callable[..., StorageSettings]:
    """Of one pair of containers, with what is given."""

    def make(**more: Any) -> StorageSettings:
        if request.param == "local":
            return StorageSettings(base_path=tmp_path / "containers", **more)
        return running(request.param, request).settings(
            container_data=f"{container_name[:50]}-data",
            container_revisions=f"{container_name[:50]}-revisions",
            **more,
        )

    return make


def opened(settings: StorageSettings) -> Storage:
    return Storage(Settings(storage=settings))


def test_sync_and_snapshot(settings: Callable[..., StorageSettings], tmp_path: Path) -> None:
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    with (
        opened(settings(catalogue={"path": first})) as one,
        opened(settings(catalogue={"path": second})) as other,
    ):
        fill(one, 20)
        one.prompts.create_set("s")
        assert one.catalogue.sync().read == 21
        one.memory.save_memory("c3", say("changed"))
        one.memory.save_memory("c3", say("changed again"))
        one.memory.delete_memory("c4")
        one.memory.purge_memory("c5")
        report = one.catalogue.sync()
        assert (report.read, report.removed) == (3, 1)
        assert one.catalogue.sync().read == 0
        assert set(one.catalogue.publish().done) == {"data", "revisions"}
        one.memory.save_memory("c6", say("newer than the snapshot"))
        report = other.catalogue.sync()
        assert (report.from_snapshot, report.damaged) == (True, 0)
        assert report.read == 2  # that one, and what the purge left
        assert other.catalogue.sync().read == 0
        one.catalogue.sync()
        assert one.catalogue.forget("memory", ["c5"]).snapshots
    assert texts(first) == texts(second)
    assert texts(first)["c3"] == "changed again"
    assert texts(first)["c4"] == "text 4"
    assert "c5" not in texts(first)
