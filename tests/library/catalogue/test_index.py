"""The index: rows, listings that are compared, its state, and what is left of what was removed."""

from __future__ import annotations

import random
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingenious_storage import deadline
from ingenious_storage.catalogue import Query
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.searching import search
from ingenious_storage.errors import OperationTimeoutError, UnavailableError
from tests.library.catalogue.rows import BEGAN, key_of, many, row


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "below" / "index.db")


def names(index: Index, words: str, **fields: object) -> list[str]:
    wanted = replace(Query(words), **fields)  # type: ignore[arg-type]
    return [hit.name for hit in search(index, wanted, limit=1000, offset=0).hits]


def beside(index: Index) -> bytes:
    """All bytes of the file and of what lies beside it."""
    return b"".join(each.read_bytes() for each in sorted(index.path.parent.iterdir()))


def test_making_one_does_no_io(index: Index) -> None:
    assert not index.exists
    assert index.bytes == 0
    assert not index.path.parent.exists()


def test_only_its_owner_can_read_the_file(index: Index) -> None:
    index.put(many(3))
    for each in index.path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
    assert stat.S_IMODE(index.path.parent.stat().st_mode) == 0o700


def test_a_row_takes_the_place_of_the_one_before(index: Index) -> None:
    assert index.put([row("a", "first"), row("b", "first")]) == 2
    index.put([row("a", "second", at=5, kind="memory", tags=("x",))])
    assert names(index, "first") == ["b"]
    assert names(index, "second") == ["a"]
    assert names(index, "", tags=("x",)) == ["a"]
    assert index.counts() == {"memory": 2}
    index.check()


def test_of_one_key_twice_the_last_counts(index: Index) -> None:
    assert index.put([row("a", "first"), row("a", "second")]) == 1
    assert (names(index, "first"), names(index, "second")) == ([], ["a"])
    index.check()


def test_all_that_is_said_of_a_row_comes_back(index: Index) -> None:
    given = row(
        "ä/b",
        "text",
        author="Ann",
        message="why",
        tags=("x", "y z"),
        revision=7,
        size=99,
        changed=BEGAN + timedelta(microseconds=123_457),
    )
    index.put([given])
    (hit,) = search(index, Query("text"), limit=1, offset=0).hits
    for field in ("kind", "name", "revision", "changed", "author", "message", "tags", "size"):
        assert getattr(hit, field) == getattr(given, field), field


def test_any_number_of_documents_may_be_of_one_moment(index: Index) -> None:
    index.put(row(f"chat-{n}", "hello") for n in range(1500))
    index.check()
    assert len(names(index, "hello")) == 1000
    later = BEGAN + timedelta(seconds=1)
    assert len(names(index, "hello", before=later)) == 1000  # although ids lie above the time
    assert names(index, "hello", after=later) == []
    assert names(index, "hello", before=BEGAN) == []
    assert len(names(index, "hello", after=BEGAN)) == 1000


def test_removed_rows_are_not_found(index: Index) -> None:
    index.put(many(450))
    assert (
        index.remove(
            [key_of("chat-00007"), "unknown", *(key_of(f"chat-{n:05d}") for n in range(200, 450))]
        )
        == 251
    )
    assert index.counts() == {"memory": 199}
    assert names(index, "7") == []
    index.check()


@pytest.mark.parametrize("documents", [3, 2500])
def test_scrub_leaves_no_word_of_what_was_removed(index: Index, documents: int) -> None:
    secret = row("person-4711", "qzxsecretword 4711 東京都民", author="qzxauthor", message="qzxwhy")
    index.put(many(documents))
    index.put([secret])
    index.put([replace(secret, text="qzxotherword", revision=2)])  # the first text is not in a row
    index.put(many(documents, text="again {}"))
    remains = [b"qzx", b"person-4711", b"4711", "東京都民".encode()]
    assert [each for each in remains if each not in beside(index)] == []
    index.remove([secret.key])
    index.scrub()
    assert [each for each in remains if each in beside(index)] == []
    index.check()


def test_scrub_does_nothing_where_nothing_was_removed(index: Index) -> None:
    index.put(many(3))
    before = index.path.stat()
    index.scrub()
    assert index.path.stat().st_mtime_ns == before.st_mtime_ns
    index.put(many(3, text="again {}"))
    index.scrub(always=True)
    assert b"hello" not in beside(index)


def test_scrub_says_when_somebody_reads_all_the_time(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingenious_storage.catalogue.index.database._PATIENCE", 0.05)
    index.put(many(3))
    with closing(sqlite3.connect(index.path)) as other:
        other.execute("begin")
        other.execute("select count(*) from document").fetchone()
        index.remove([key_of("chat-00001")])
        with pytest.raises(UnavailableError, match="others read it"):
            index.scrub()
    index.scrub(always=True)


def test_state_is_kept_and_taken_away(index: Index) -> None:
    assert index.state("identity") is None
    index.set_state(identity="x", complete="yes")
    assert Index(index.path).state("identity") == "x"
    index.set_state(identity="y", complete=None)
    assert (index.state("identity"), index.state("complete")) == ("y", None)


def test_a_listing_tells_what_changed_and_what_is_gone(index: Index) -> None:
    index.put(many(1000))
    index.put([row("set", kind="prompts", key="prompts/set.json")])
    listed = [(key_of(f"chat-{n:05d}"), "2" if n % 100 == 0 else "1") for n in range(250, 1300)]
    random.Random(3).shuffle(listed)  # a store may list in any order
    with index.listing("memory") as listing:
        for start in range(0, len(listed), 300):
            listing.add(listed[start : start + 300])
        changed, gone = list(listing.changed()), list(listing.gone())
        expected = sorted(
            (key, tag) for key, tag in listed if tag == "2" or key >= key_of("chat-01000")
        )
        assert changed == expected
        assert gone == [key_of(f"chat-{n:05d}") for n in range(250)]
        assert listing.remove_gone() == 250
    assert index.counts() == {"memory": 750, "prompts": 1}
    index.check()


def test_what_is_put_while_the_store_lists_is_never_gone(index: Index) -> None:
    index.put(many(10))
    with index.listing("memory") as listing:
        listing.add([(key_of("chat-00001"), "1")])
        index.put([row("new"), row("chat-00002", "again", etag="2")])  # by another sync
        assert key_of("chat-00002") not in list(listing.gone())
        assert listing.remove_gone() == 8
    assert sorted(names(index, "")) == ["chat-00001", "chat-00002", "new"]


def test_rows_that_change_while_they_are_compared_are_told_once(index: Index) -> None:
    index.put(many(600))
    with index.listing("memory") as listing:
        listing.add((key_of(f"chat-{n:05d}"), "2") for n in range(600))
        told = []
        for key, etag in listing.changed():
            told.append(key)
            if len(told) % 200 == 100:
                name = key.split("/")[1]
                index.put([row(name, "again", etag=etag)])
    assert told == [key_of(f"chat-{n:05d}") for n in range(600)]


def test_a_caller_who_has_no_time_left_is_told_so(index: Index) -> None:
    index.put(many(200))
    with index.database.reading() as db:
        endless = (
            "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
        )
        assert db.execute("select 1").fetchone() == (1,)
    with pytest.raises(OperationTimeoutError), deadline(0.2), index.database.reading() as db:
        db.execute(endless)
    assert index.counts() == {"memory": 200}
