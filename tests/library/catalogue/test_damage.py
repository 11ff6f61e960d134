"""Files that are no usable index: none of them is believed, and each is told by its code."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ingenious_storage.catalogue import Query
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.searching import search
from ingenious_storage.errors import (
    CatalogueUnsupportedError,
    CatalogueUnusableError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)
from tests.library.catalogue.rows import many, row


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(Index(tmp_path / "index.db")) as index:
        index.put(many(500, text="hello world {} and more of it"))
        index.checkpoint()
    return tmp_path / "index.db"


def statements(*sql: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute("pragma writable_schema = on")
            for each in sql:
                db.execute(each)
            db.commit()

    return damage


def overwritten(start: float, size: int) -> Callable[[Path], None]:
    """Bytes from a share of the file on."""

    def damage(path: Path) -> None:
        data = bytearray(path.read_bytes())
        at = int(len(data) * start) // 4096 * 4096
        data[at : at + size] = b"\xa7" * min(size, len(data) - at)
        path.write_bytes(data)

    return damage


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 6])


def no_database(path: Path) -> None:
    path.write_bytes(b"not a database " * 1000)


DAMAGE = {
    "no database": no_database,
    "header": overwritten(0, 100),
    "first page": overwritten(0, 4096),
    "middle": overwritten(0.3, 40_000),
    "shortened": shortened,
    "another version": statements("pragma user_version = 2"),
    "another program's": statements("pragma application_id = 7"),
    "a table is gone": statements("drop table held"),
    "a column is gone": statements("alter table document rename column size to length"),
    "words are gone": statements("delete from words_data where id > 10"),
    "words are nonsense": statements("update words_data set block = x'ffffffff' where id > 10"),
    "words have no head": statements("delete from words_data where id = 10"),
    "words have no table": statements("drop table words_idx"),
    "text that is none": statements("update document set text = cast(x'ff6869' as text)"),
    "tags that are none": statements("update document set tags = '{'"),
    "tags of another type": statements("update document set tags = '7'"),
    "a time that is none": statements("update document set changed = 'never'"),
    "a time beyond all": statements("update document set changed = 9000000000000000000"),
    "a synced_at that is none": statements("insert into state values ('our synced_at', 'x')"),
}


def use(index: Index) -> None:
    """All that a process may do with it."""
    search(index, Query("hello"), limit=20, offset=0)
    search(index, Query(""), limit=1000, offset=0)
    index.status()
    with index.listing("memory") as listing:
        listing.add([("conversations/a/memory.json", "1")])
        list(listing.changed())
    index.put(many(500, text="other words {}"))
    index.scrub(always=True)
    index.check()


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_told_and_can_be_made_anew(name: str, path: Path) -> None:
    DAMAGE[name](path)
    with closing(Index(path)) as index:
        with pytest.raises(CatalogueUnusableError) as caught:
            use(index)
        assert caught.value.code == "catalogue_unusable"
        assert "index rebuild" in caught.value.hint
        index.discard()
        use(index)
        assert index.counts() == {"memory": 500}


def test_damage_under_an_open_connection_is_told(path: Path) -> None:
    with closing(Index(path)) as index:
        index.put([row("new", "new words")])
        index.checkpoint()
        overwritten(0.1, 200_000)(path)
        with pytest.raises(CatalogueUnusableError):
            use(index)


def test_rows_that_do_not_fit_together_are_found_by_a_check(path: Path) -> None:
    statements("delete from document where id in (select id from document limit 1)")(path)
    with closing(Index(path)) as index, pytest.raises(CatalogueUnusableError, match="fit together"):
        index.check()


def test_a_folder_in_its_place_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "index.db").mkdir()
    with closing(Index(tmp_path / "index.db")) as index, pytest.raises(PermissionDeniedError):
        index.counts()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with closing(Index(tmp_path / "file" / "index.db")) as index:
        with pytest.raises(StorageError) as caught:
            index.counts()
        assert caught.value.hint.startswith("Check the folder")


def test_a_full_disk_is_no_damage(path: Path) -> None:
    with closing(Index(path)) as index:
        with index.database.reading() as db:
            (pages,) = db.execute("pragma page_count").fetchone()
            db.execute(f"pragma max_page_count = {pages}")
        with pytest.raises(UnavailableError) as caught:
            index.put(many(5000, text="many words of {}", start=1000))
        assert caught.value.outcome_unknown is False
        assert "free space" in caught.value.hint
        index.check()


def test_a_file_that_another_keeps_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingenious_storage.catalogue.index.database._PATIENCE", 0.05)
    with closing(Index(path)) as index, closing(sqlite3.connect(path)) as other:
        other.execute("begin immediate")
        with pytest.raises(UnavailableError, match="locked"):
            index.put([row("a")])
        assert index.counts() == {"memory": 500}  # reading goes on
        other.rollback()
        assert index.put([row("a")]) == 1


def test_a_python_without_full_text_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingenious_storage.catalogue.index.schema.is_supported", lambda _db: False)
    with closing(Index(tmp_path / "index.db")) as index:
        with pytest.raises(CatalogueUnsupportedError) as caught:
            index.counts()
        assert caught.value.code == "catalogue_unsupported"
        assert "FTS5" in caught.value.hint
