"""Plans: what they show, and that a run holds itself to them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.errors import CollisionError, PlanError
from ingenious_ops.migrate.journal import Entry, load
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import Plan, Present, check_plan, make_plan
from ingenious_ops.migrate.runner import Options, run
from ingenious_storage import Storage
from ingenious_storage.errors import InvalidDataError, NotFoundError, UnsupportedFormatError
from tests.ops.migrate.harness import Migration, counts, data_of, many, memory_storage, write_tree


@pytest.fixture
def storage() -> Iterator[Storage]:
    with memory_storage() as storage:
        yield storage


@pytest.fixture
def migration(tmp_path: Path, storage: Storage) -> Migration:
    (tmp_path / "source").mkdir()
    return Migration(FolderEnd(tmp_path / "source"), data_of(storage), tmp_path / "j")


def planned(migration: Migration, **limits: float) -> Plan:
    done: Mapping[str, Entry] = {}
    if migration.journal.exists():
        record = load(migration.journal)
        assert record is not None
        done = record.entries
    return make_plan(migration.ends, done, workers=4, limits=Limits(**limits))


def test_what_a_plan_shows(migration: Migration, storage: Storage, tmp_path: Path) -> None:
    files = {"new": b"1" * 9, "same": b"22", "other": b"333", "done": b"4", "x\\y": b"5"}
    root = write_tree(tmp_path / "source", {"done": b"4"})
    migration()
    write_tree(root, {name: data for name, data in files.items() if name != "done"})
    (root / "link").symlink_to("new")
    for key, data in {"same": b"xx", "other": b"longer", "extra": b"", "more": b""}.items():
        storage.data.save_bytes(key, data)
    plan = planned(migration)
    assert (plan.objects, plan.bytes) == (5, sum(map(len, files.values())))
    assert plan.present == Present(copied_before=1, same_size=1, different=1, extra=2)
    assert plan.escaped == [("x\\y", "x%5Cy")]
    assert [item.key for item in plan.largest[:2]] == ["new", "other"]
    assert [entry.name for entry in plan.skipped] == ["link"]
    assert plan.collisions == []
    # One page of the listing, two new objects, one to be read and compared.
    assert plan.estimate.requests == 4
    record = plan.record()
    assert json.loads(json.dumps(record)) == record
    assert record["format"] == "ingenious.plan/1"


def test_a_plan_writes_nothing(migration: Migration, storage: Storage, tmp_path: Path) -> None:
    write_tree(tmp_path / "source", many(10))
    planned(migration)
    assert not storage.data.container_exists()
    assert not migration.journal.exists()


def test_the_estimate_holds_the_limits(migration: Migration, tmp_path: Path) -> None:
    write_tree(tmp_path / "source", {"a": bytes(5000), "b": bytes(5000)})
    assert planned(migration, bytes_per_second=100.0).estimate.seconds == pytest.approx(100)
    assert planned(migration, requests_per_second=0.1).estimate.seconds == pytest.approx(30)


def test_the_estimate_is_of_a_measured_round_trip(migration: Migration, tmp_path: Path) -> None:
    class Slow(FolderEnd):
        def find(self, key: str, *, name: str = "") -> Item | None:
            time.sleep(0.02)
            return super().find(key, name=name)

    write_tree(tmp_path / "source", many(79))
    migration.target = Slow(tmp_path / "target")
    estimate = planned(migration).estimate
    assert 0.02 <= estimate.round_trip < 10
    assert estimate.seconds == pytest.approx(estimate.round_trip * 80 / 4)


def test_a_collision_is_planned_and_stops_the_run(
    migration: Migration, storage: Storage, tmp_path: Path
) -> None:
    write_tree(tmp_path / "source", {"a\\b": b"1", "a%5Cb": b"2", "other": b"3"})
    ((key, *names),) = planned(migration).collisions
    assert key == "a%5Cb"
    assert set(names) == {"a\\b", "a%5Cb"}
    with pytest.raises(CollisionError, match="would both become"):
        migration()
    assert not storage.data.container_exists()


def save(plan: Plan, path: Path) -> Path:
    path.write_text(json.dumps(plan.record()))
    return path


def run_planned(migration: Migration, path: Path) -> dict[str, int]:
    options = Options(migration.journal)
    return counts(run(migration.ends, options, check=partial(check_plan, path, migration.ends)))


def test_a_run_holds_itself_to_its_plan(migration: Migration, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "source", many(5))
    path = save(planned(migration), tmp_path / "plan.json")
    (root / "0" / "file 0000.txt").write_bytes(b"0" * 300)  # as long as before
    with pytest.raises(PlanError, match="has changed since"):
        run_planned(migration, path)
    path = save(planned(migration), tmp_path / "plan.json")
    (root / "new").write_bytes(b"")
    with pytest.raises(PlanError, match="5 objects with 1500 bytes were planned, 6 with 1500"):
        run_planned(migration, path)
    (root / "new").unlink()
    assert run_planned(migration, path) == {"copied": 5}
    assert run_planned(migration, path) == {"unchanged": 5}


def test_a_plan_is_for_its_own_ends(migration: Migration, tmp_path: Path) -> None:
    write_tree(tmp_path / "source", many(2))
    path = save(planned(migration), tmp_path / "plan.json")
    elsewhere = Migration(migration.source, FolderEnd(tmp_path / "out"), migration.journal)
    with pytest.raises(PlanError, match="was made for the target"):
        run_planned(elsewhere, path)
    other = FolderEnd(write_tree(tmp_path / "other", many(2)))
    with pytest.raises(PlanError, match="was made for the source"):
        run_planned(Migration(other, migration.target, tmp_path / "j2"), path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, NotFoundError),
        ("{", InvalidDataError),
        ("[]", UnsupportedFormatError),
        ('{"format": "ingenious.plan/2"}', UnsupportedFormatError),
    ],
)
def test_what_is_no_plan_is_refused(
    migration: Migration, tmp_path: Path, content: str | None, error: type[Exception]
) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(error):
        run_planned(migration, path)
