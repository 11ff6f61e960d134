"""The benchmark of a million conversations: what it makes, and what it fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.catalogue.corpus import rows
from benchmarks.million import corpus
from benchmarks.million.figures import Figure, add, courses, exponent, load
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents import VerifyReport


def stored_in(folder: Path) -> Storage:
    return Storage(Settings(storage=StorageSettings(base_path=folder)))


def test_what_is_made_is_what_the_product_writes(tmp_path: Path) -> None:
    with stored_in(tmp_path) as storage:
        for row in rows(25):
            made = storage.memory.save_memory(row.name, corpus.memory_of(row.text))
            ours = corpus.head(
                row.name, row.text, write_id=made.write_id, created_at=made.created_at
            )
            assert storage.data.load_bytes(row.key) == ours


def test_the_product_reads_what_is_made(tmp_path: Path) -> None:
    corpus.write(tmp_path / "ingenious-data", 25)
    with stored_in(tmp_path) as storage:
        assert storage.verify()["data"] == VerifyReport(25, 25)
        memories = storage.memory.load_many(storage.memory.list_conversations())
        revisions = {storage.memory.snapshot(name).revision.write_id for name in memories}
    assert memories == {row.name: corpus.memory_of(row.text) for row in rows(25)}
    assert len(revisions) == 25


@pytest.mark.parametrize("power", [1.0, 1.2])
def test_an_exponent_is_of_what_grows_beyond_the_start(power: float) -> None:
    values = {size: 0.7 + 0.00003 * size**power for size in (0, 100, 1000, 10_000, 100_000)}
    values[100] = 50.0  # too small to count
    assert exponent(values) == pytest.approx(power)


def test_an_exponent_needs_two_sizes_and_an_empty_run() -> None:
    assert exponent({0: 1.0, 1000: 2.0}) is None
    assert exponent({1000: 2.0, 10_000: 11.0}) is None
    assert exponent({0: 9.0, 1000: 9.0, 10_000: 8.0}) is None
    assert exponent({}) is None


def test_figures_are_kept_and_the_rounds_of_a_size_put_together(tmp_path: Path) -> None:
    path = tmp_path / "made" / "figures.jsonl"
    given = [
        Figure("disk", "verify", 1000, wall, cpu, peak, None, "2026-11-30")
        for wall, cpu, peak in ((3.0, 1.0, 50.0), (9.0, 1.5, 60.0), (4.0, 1.2, 55.0))
    ]
    given.append(Figure("azurite", "verify", 0, 1.0, 0.5, 40.0, 3, "2026-11-30"))
    assert load(path) == []
    for figure in given:
        add(path, figure)
    assert load(path) == given
    (_, _, on_disk), (store, command, on_azurite) = courses(given)
    assert (store, command) == ("azurite", "verify")
    assert (on_disk.wall, on_disk.cpu) == ({1000: 4.0}, {1000: 1.2})
    assert (on_disk.megabytes, on_disk.requests) == ({1000: 60.0}, {})
    assert on_azurite.requests == {0: 3}
