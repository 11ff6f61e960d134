"""Searches and the same asked of SQLite alone, in turns: a process that writes its figures.

SQLite alone: one statement that fetches what a hit shows, the whole text among it, and a passage
by the plainest means, `str.find` and a slice, since whoever writes SQL by hand needs one too.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter, thread_time
from typing import Any, Final, NamedTuple

import orjson

from benchmarks.catalogue.corpus import VOCABULARY, rank_in, word
from benchmarks.measure import fair_collector
from ingenious_storage.catalogue import Query
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.searching.search import search
from ingenious_storage.catalogue.words import facets
from ingenious_storage.catalogue.words.cjk import pairs

CALLS: Final = 300
LIMIT: Final = 20
_TURN: Final = 10
"""Calls of a way, before the next one has its turn."""
WAYS: Final = ("ours", "bare", "bare, no passage")
_RARE: Final = 40
"""Documents that have a rare word."""
_BEFORE: Final = 40
_LENGTH: Final = 160
_RANKED: Final = """
select id, kind, name, revision, changed, author, message, tags, size, text from (
    select id from (
        select rowid as id, bm25(words, 1.0, 4.0, 0.0) as score from words
        where words match ? and rowid > 0 order by rowid desc limit 5000)
    order by score, id desc limit 20) join document using (id)"""
_NEWEST: Final = """
select id, kind, name, revision, changed, author, message, tags, size, text from (
    select rowid as id from words where words match ? and rowid > 0 order by rowid desc limit 20)
join document using (id)"""
_SCAN: Final = "select count(*) from document where text like ?"


class Question(NamedTuple):
    """What is asked of the catalogue, and the same of SQLite alone."""

    query: Query
    sql: str
    words: str
    shown: str
    """What a passage is made around."""


def main(path: Path, to: Path) -> None:
    """Write the seconds of each call, by what is looked for and the way, and those of a scan."""
    index, db = Index(path), sqlite3.connect(path)
    bare = _opened(path), _opened(path)
    with fair_collector():
        seconds = {name: _compared(index, bare, asked) for name, asked in _questions(db).items()}
    scans = {"latin": _scan(db, word(3000)), "cjk": _scan(db, "一丁")}
    to.write_bytes(orjson.dumps({"seconds": seconds, "like": scans}))


def _opened(path: Path) -> sqlite3.Connection:
    """Each way has its own, with the same cache: the second would find the pages of the first."""
    db = sqlite3.connect(path)
    db.execute("pragma cache_size = -16000")
    return db


def _questions(db: sqlite3.Connection) -> dict[str, list[Question]]:
    """Each is asked many times, or many of the kind once each."""
    (documents,) = db.execute("select count(*) from document").fetchone()
    rare, third = min(rank_in(_RARE / documents), VOCABULARY - CALLS), word(rank_in(1 / 3))
    tags = [f"tag-{number}" for number in range(CALLS)]
    stems = dict.fromkeys(word(rank)[:3] for rank in range(1000, 8000))
    return {
        "a rare word": [_ranked(w, f'"{w}"') for w in map(word, range(rare, rare + CALLS))],
        "a word in a third of all": [_ranked(third, f'"{third}"')],
        "a prefix of three letters": [
            _ranked(f"{stem}*", f'"{stem}"*', stem) for stem in [*stems][:CALLS]
        ],
        "CJK, one character": [_ranked(w, f'"{w}"*') for w in _cjk(db, 1)],
        "CJK, two characters": [_ranked(w, f'"{w}"') for w in _cjk(db, 2)],
        "CJK, three characters": [_ranked(w, f'"{pairs(w)}"') for w in _cjk(db, 3)],
        "a tag": [
            Question(Query(tags=(tag,)), _NEWEST, f'"{facets.of_tag(tag)}"', "") for tag in tags
        ],
        "a word in a third of all, and a tag": [
            _ranked(f"{third} tag:{tag}", f'"{third}" AND "{facets.of_tag(tag)}"', third)
            for tag in tags
        ],
    }


def _ranked(typed: str, words: str, shown: str | None = None) -> Question:
    return Question(Query(typed), _RANKED, words, typed if shown is None else shown)


def _cjk(db: sqlite3.Connection, length: int) -> list[str]:
    """As they stand in texts."""
    texts = "select text from document where unicode(substr(text, -1)) > 255 limit ?"
    found = (text[-20:][:length] for (text,) in db.execute(texts, (CALLS,)).fetchall())
    return [*dict.fromkeys(found)]


def _bare(db: sqlite3.Connection, question: Question) -> list[tuple[Any, ...]]:
    return [(*row[:-1], _passage(row[-1], question.shown)) for row in _rows(db, question)]


def _rows(db: sqlite3.Connection, question: Question) -> list[tuple[Any, ...]]:
    return db.execute(question.sql, (question.words,)).fetchall()


def _passage(text: str, shown: str) -> str:
    begin = max(0, text.find(shown) - _BEFORE)
    return text[begin : begin + _LENGTH]


def _compared(
    index: Index, bare: tuple[sqlite3.Connection, sqlite3.Connection], asked: list[Question]
) -> dict[str, dict[str, list[float]]]:
    """Seconds of each call, of the processor and of the clock, some calls of each way in turns."""
    ways: dict[str, Callable[[Question], object]] = {
        "ours": lambda question: search(index, question.query, limit=LIMIT, offset=0),
        "bare": partial(_bare, bare[0]),
        "bare, no passage": partial(_rows, bare[1]),
    }
    seconds = {way: {"cpu": list[float](), "wall": list[float]()} for way in WAYS}
    random = Random(4)
    for start in range(-_TURN * -(-len(asked) // _TURN), CALLS, _TURN):  # below 0: once through all
        turn = [asked[number % len(asked)] for number in range(start, start + _TURN)]
        for name in random.sample(WAYS, len(WAYS)):
            for question in turn:
                wall, cpu = perf_counter(), thread_time()
                ways[name](question)
                if start >= 0:
                    seconds[name]["cpu"].append(thread_time() - cpu)
                    seconds[name]["wall"].append(perf_counter() - wall)
    return seconds


def _scan(db: sqlite3.Connection, words: str) -> float:
    start = thread_time()
    db.execute(_SCAN, (f"%{words}%",)).fetchone()
    return thread_time() - start


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
