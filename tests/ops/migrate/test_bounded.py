"""A run holds no more in memory of many objects than of some: listings, journal and forecast."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ingenious_ops.migrate import journal
from ingenious_ops.migrate.ends.base import Ends, Item, Listing, Source
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.listed import ByKey, Items
from ingenious_ops.migrate.ends.properties import lost
from ingenious_ops.migrate.errors import DiskFullError
from ingenious_ops.migrate.forecast import forecast
from ingenious_ops.migrate.journal import Entry, Identity, Journal
from ingenious_ops.migrate.pool import Pool, Stop
from ingenious_ops.migrate.spool import Spool
from ingenious_ops.migrate.survey import survey
from ingenious_storage.backends.base import Properties
from ingenious_storage.errors import UnavailableError
from tests.ops.migrate.harness import memory_storage
from tests.support.peak import traced_peak_of

FEW, MANY = 600, 1600
"""Each is several batches."""
ALLOWED = 60 * (MANY - FEW)
"""Bytes: an item as an object of Python takes some 400."""

FULL = Item(
    "b",
    7,
    "v",
    os.fsdecode(b"b\xff"),
    "text/plain",
    Properties("gzip", "en", "inline", "no-store", {"k": "v"}),
    is_archived=True,
    sha256="ab" * 32,
)


class Made(Source):
    """As many objects as it is asked for, that nothing else remembers."""

    def __init__(self, count: int) -> None:
        self._count = count

    def describe(self) -> str:
        return "made"

    def exists(self) -> bool:
        return True

    def listing(self) -> Listing:
        return Listing(Items(self._items()))

    def _items(self) -> Iterator[Item]:
        for number in range(self._count):
            yield Item(f"{number % 40}/{number:08d}/memory.json", 300, f"version {number}")

    def find(self, key: str, *, name: str = "") -> Item | None:
        raise AssertionError("nobody asks")

    def read(self, item: Item) -> bytes:
        raise AssertionError("nobody reads")


def grown(call: Callable[[int], object]) -> int:
    """How much more `call` holds of many than of few."""
    call(1)
    few, many = (traced_peak_of(partial(call, count)) for count in (FEW, MANY))
    return many - few


def test_what_is_looked_at_before_a_run(tmp_path: Path) -> None:
    def look(count: int) -> None:
        ends = Ends(Made(count), FolderEnd(tmp_path / "out"))
        found = survey(ends)
        found.refuse_collisions()
        assert forecast(ends, found).by_key == {}
        assert lost(found.source.items, ends.target) == {}
        assert len(found.source.items) == count

    assert grown(look) < ALLOWED


def test_what_is_at_the_target_already() -> None:
    def look(count: int) -> None:
        present = ByKey(Made(count).listing().items)
        assert sum(1 for key in present if present[key].size) == count

    assert grown(look) < ALLOWED


def test_a_journal(tmp_path: Path) -> None:
    identity = Identity("a", "b", "raw")
    for count in (1, FEW, MANY):
        with Journal(tmp_path / str(count), identity) as written:
            for number in range(count):
                key, target = f"key {number}", f"t {number}"
                written.add(Entry.now(key, 1, "ab" * 32, source="s", target=target))

    def look(count: int) -> None:
        record = journal.load(tmp_path / str(count))
        assert record is not None
        assert len(record.entries) == count
        assert record.entries[f"key {count - 1}"].target == f"t {count - 1}"

    assert grown(look) < ALLOWED


def test_a_pool_goes_through_items_without_a_list_of_them() -> None:
    def look(count: int) -> None:
        items = Made(count).listing().items
        Pool(lambda _item: None, workers=2, stop=Stop()).run(items, lambda _results: None)

    assert grown(look) < ALLOWED


def test_a_container_is_listed_into_a_file() -> None:
    with memory_storage() as storage:
        storage.data.save_bytes("b", b"1")
        storage.data.save_bytes("a", b"2", content_type="text/x-own")
        found = ContainerEnd(storage, "data").listing().items
    assert isinstance(found, Items)
    assert next((item.key, item.content_type) for item in found) == ("a", "text/x-own")


def test_items_come_back_as_they_were_in_the_order_of_their_keys() -> None:
    plain, other = Item("ä", 1, "x"), Item("b", 2, "y", name="b2")
    items = Items([plain, FULL, other])
    assert [*items] == [FULL, other, plain]
    assert [items[0], items[-1], items[1:], items[::-2]] == [
        FULL,
        plain,
        [other, plain],
        [plain, FULL],
    ]
    with pytest.raises(IndexError):
        items[3]
    with pytest.raises(IndexError):
        items[-4]
    assert len(Items()) == 0


def test_by_key_the_last_counts() -> None:
    found = ByKey([Item("b", 1, "x"), Item("a", 2, "y"), Item("b", 3, "z")])
    assert {**found} == {"a": Item("a", 2, "y"), "b": Item("b", 3, "z")}
    assert ("b" in found, "c" in found, found.get("c"), len(found)) == (True, False, None, 2)


def test_an_empty_spool_is_not_asked() -> None:
    spool, asked = Spool(unique=True), list[str]()
    spool._db.set_trace_callback(asked.append)
    assert spool.get("a") is None
    assert not asked
    spool.put([("a", b"1")])
    assert (spool.get("a"), spool.get("b")) == (b"1", None)


def test_a_spool_goes_on_behind_a_page_within_one_key() -> None:
    spool = Spool()
    spool.put((f"key {number // 700}", b"%d" % number) for number in range(1500))
    assert [int(value) for _, value in spool.items()] == [*range(1500)]


@pytest.mark.parametrize(
    ("pragma", "error"),
    [("max_page_count = 4", DiskFullError), ("query_only = 1", UnavailableError)],
)
def test_a_spool_that_cannot_be_written_says_so(pragma: str, error: type[Exception]) -> None:
    spool = Spool()
    spool._db.execute(f"pragma {pragma}")
    with pytest.raises(error) as raised:
        spool.put((f"key {number}", b"x" * 1000) for number in range(100))
    assert "TMPDIR" in str(raised.value.hint)  # type: ignore[attr-defined]
    assert len(spool) == 0
