"""Searches and the same asked of SQLite alone, in turns: a process that prints its figures."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, thread_time
from typing import Final, NamedTuple

from benchmarks.catalogue.corpus import rank_in, word
from benchmarks.measure import fair_collector
from ingenious_storage.catalogue import Query
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.searching.search import search
from ingenious_storage.catalogue.words import facets
from ingenious_storage.catalogue.words.cjk import pairs

CALLS: Final = 300
_RANKED: Final = """
select kind, name, revision, changed, author, message, tags, size, text from (
    select id from (
        select rowid as id, bm25(words, 1.0, 4.0, 0.0) as score from words
        where words match ? and rowid > 0 order by rowid desc limit 5000)
    order by score, id desc limit 20) join document using (id)"""
_NEWEST: Final = """
select kind, name, revision, changed, author, message, tags, size, text from (
    select rowid as id from words where words match ? and rowid > 0 order by rowid desc limit 20)
join document using (id)"""
_SCAN: Final = "select count(*) from document where text like ?"


class Question(NamedTuple):
    """What is asked of the catalogue, and the same of SQLite alone."""

    query: Query
    sql: str
    words: str


def _questions(db: sqlite3.Connection) -> dict[str, list[Question]]:
    rare, third = rank_in(0.00005), word(rank_in(1 / 3))
    tags = [f"tag-{number}" for number in range(40)]
    ranked = {
        "a rare word": [(w, f'"{w}"') for w in map(word, range(rare, rare + 40))],
        "a word in a third of all": [(third, f'"{third}"')],
        "a prefix of three letters": [
            (f"{w[:3]}*", f'"{w[:3]}"*') for w in map(word, range(3000, 3040))
        ],
        "CJK, one character": [(w, f'"{w}"*') for w in _cjk(db, 1)],
        "CJK, two characters": [(w, f'"{w}"') for w in _cjk(db, 2)],
        "CJK, three characters": [(w, f'"{pairs(w)}"') for w in _cjk(db, 3)],
        "a word in a third of all, and a tag": [
            (f"{third} tag:{tag}", f'"{third}" AND "{facets.of_tag(tag)}"') for tag in tags
        ],
    }
    found = {
        name: [Question(Query(typed), _RANKED, words) for typed, words in asked]
        for name, asked in ranked.items()
    }
    found["a tag"] = [
        Question(Query(tags=(tag,)), _NEWEST, f'"{facets.of_tag(tag)}"') for tag in tags
    ]
    return found


def _cjk(db: sqlite3.Connection, length: int) -> list[str]:
    """As they stand in texts."""
    texts = "select text from document where unicode(substr(text, -1)) > 255 limit 40"
    return [text[-20:][:length] for (text,) in db.execute(texts).fetchall()]


def _compared(index: Index, db: sqlite3.Connection, asked: list[Question]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {}
    random = Random(4)
    for number in range(-len(asked), CALLS):  # once through all of them to begin with
        query, sql, words = asked[number % len(asked)]
        ways: list[tuple[str, Callable[[], object]]] = [
            ("ours", partial(search, index, query, limit=20, offset=0)),
            ("bare", lambda: db.execute(sql, (words,)).fetchall()),  # noqa: B023
        ]
        random.shuffle(ways)
        for name, way in ways:
            wall, cpu = perf_counter(), thread_time()
            way()
            if number >= 0:
                seconds.setdefault(f"{name} cpu", []).append(thread_time() - cpu)
                seconds.setdefault(name, []).append(perf_counter() - wall)
    found = {name: median(values) for name, values in seconds.items()}
    found |= {f"p99 {name}": quantiles(values, n=100)[-1] for name, values in seconds.items()}
    return found


def _scan(db: sqlite3.Connection, words: str) -> float:
    start = thread_time()
    db.execute(_SCAN, (f"%{words}%",)).fetchone()
    return thread_time() - start


def main(path: Path) -> None:
    index, db = Index(path), sqlite3.connect(path)
    db.execute("pragma cache_size = -16000")
    with fair_collector():
        figures = {name: _compared(index, db, asked) for name, asked in _questions(db).items()}
    figures["scan"] = {"latin": _scan(db, word(3000)), "cjk": _scan(db, "一丁")}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
