"""What the checker says of small histories, whose verdict is plain to see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.proof.judge import judge, results
from tests.integration.proof.recording.journal import Call


def call(kind: str, begin: int, end: int | None, answer: Any = None, **asked: Any) -> Call:
    """`answer`: a number, data with a number, an error, or all of it."""
    match answer:
        case int(number):
            told: dict[str, Any] = {"number": number}
        case str(error):
            told = {"error": error}
        case (int(number), list(data)):
            told = {"number": number, "data": data}
        case None:
            told = {}
        case _:
            told = answer
    return {"client": begin, "kind": kind, "call": begin, "return": end, "answer": told, **asked}


def write(item: str, begin: int, end: int | None, answer: Any = None) -> Call:
    return call("append", begin, end, answer, item=item)


ACCEPTED = {
    "nothing": [],
    "one after the other": [
        write("a", 1, 2, 1),
        call("load", 3, 4, (1, ["a"])),
        call("delete", 5, 6, 2),
        call("load", 7, 8, "not_found"),
        call("load", 9, 10, (1, ["a"]), revision=1),
        call("restore", 11, 12, 3),
        call("rollback", 13, 14, "not_found", revision=2),
        write("b", 15, 16, 4),
        call("rollback", 17, 18, 5, revision=1),
        call("load", 19, 20, (5, ["a"])),
        call("create", 21, 22, "already_exists", item="c"),
        call("save", 23, 24, "conflict", item="d", expected={"number": 4}),
        call("purge", 25, 26, 5),
        call("purge", 27, 28, "not_found"),
        call("create", 29, 30, 1, item="e"),
        call("load", 31, 32, (1, ["e"])),
    ],
    "either order": [
        write("a", 1, 10, 2),
        write("b", 2, 9, 1),
        call("load", 11, 12, (2, ["b", "a"])),
    ],
    "it may have landed": [write("a", 1, None), call("load", 2, 3, (1, ["a"]))],
    "it may not": [write("a", 1, None), call("load", 2, 3, "not_found")],
    "it may land later": [
        write("a", 1, None),
        call("load", 2, 3, "not_found"),
        call("load", 4, 5, (1, ["a"])),
    ],
    "a restore of what is there": [write("a", 1, 2, 1), call("restore", 3, 4, 1)],
    "a purge that finds only segments": [call("purge", 1, 2)],
    "a history": [
        write("a", 1, 2, {"number": 1, "write_id": "x"}),
        write("b", 3, 4, {"number": 2, "write_id": "y"}),
        call("history", 5, 6, {"number": 2, "write_ids": ["y", "x"]}),
    ],
    "expected in another life": [
        call("create", 1, 2, {"number": 1, "write_id": "x"}, item="a"),
        call("purge", 3, 4, 1),
        call("create", 5, 6, {"number": 1, "write_id": "y"}, item="b"),
        call("save", 7, 8, 2, item="c", expected={"number": 1, "write_id": "y"}),
    ],
}
REFUSED = {
    "stale": [write("a", 1, 2, 1), call("load", 3, 4, "not_found")],
    "doubled": [write("a", 1, 2, 1), call("load", 3, 4, (1, ["a", "a"]))],
    "lost": [write("a", 1, 2, 1), write("b", 3, 4, 2), call("load", 5, 6, (2, ["b"]))],
    "one number twice": [write("a", 1, 4, 1), write("b", 2, 3, 1)],
    "it landed and did not": [
        write("a", 1, None),
        call("load", 2, 3, (1, ["a"])),
        call("load", 4, 5, "not_found"),
    ],
    "it landed twice": [
        write("a", 1, None),
        write("b", 2, 3, 2),
        write("c", 4, 5, 4),
    ],
    "what a conflict says": [write("a", 1, 2, "conflict"), call("load", 3, 4, (1, ["a"]))],
    "what the store says": [{**write("a", 1, None), "landed": 1}, call("load", 2, 3, (2, ["a"]))],
    "created twice": [
        call("create", 1, 2, 1, item="a"),
        call("create", 3, 4, 2, item="b"),
    ],
    "expected twice": [
        write("a", 1, 2, 1),
        call("save", 3, 6, 2, item="b", expected={"number": 1}),
        call("save", 4, 5, 2, item="c", expected={"number": 1}),
    ],
    "expected of another life": [
        call("create", 1, 2, {"number": 1, "write_id": "x"}, item="a"),
        call("purge", 3, 4, 1),
        call("create", 5, 6, {"number": 1, "write_id": "y"}, item="b"),
        call("save", 7, 8, 2, item="c", expected={"number": 1, "write_id": "x"}),
    ],
    "erased by the purge before": [
        write("a", 1, 2, 1),
        call("purge", 3, 8, 1),
        write("b", 4, 5, 1),
        call("load", 6, 7, (1, ["b"])),
        call("load", 9, 10, "not_found"),
    ],
    "purged twice": [write("a", 1, 2, 1), call("purge", 3, 5, 1), call("purge", 4, 6, 1)],
    "purged for nothing": [write("a", 1, 2, 1), call("purge", 3, 4, "not_found")],
    "back from a purge": [
        write("a", 1, 2, 1),
        call("purge", 3, 4, 1),
        call("load", 5, 6, (1, ["a"])),
    ],
    "back from a purge, sent again": [
        call("create", 1, None, item="a"),
        call("load", 2, 3, (1, ["a"])),
        call("purge", 4, 5, 1),
        call("load", 6, 7, (1, ["a"])),
    ],
    "no such error": [call("load", 1, 2, "corrupt_object")],
    "a history with a gap": [
        write("a", 1, 2, {"number": 1, "write_id": "x"}),
        write("b", 3, 4, {"number": 2, "write_id": "y"}),
        call("history", 5, 6, {"number": 2, "write_ids": ["y", "z"]}),
    ],
}


@pytest.mark.parametrize(("histories", "result"), [(ACCEPTED, "accepted"), (REFUSED, "refused")])
def test_small_histories(
    checker: Path, tmp_path: Path, histories: dict[str, list[Call]], result: str
) -> None:
    assert results(checker, histories, tmp_path) == dict.fromkeys(histories, result)


def test_what_is_refused_is_shown_without_the_rest(checker: Path, tmp_path: Path) -> None:
    """Loads and what was over before a purge have nothing to do with it."""
    before = [write(f"{n}", 10 * n, 10 * n + 5, n) for n in range(1, 40)]
    loads = [
        call("load", 10 * n + 6, 10 * n + 7, (n, [f"{m}" for m in range(1, n + 1)]))
        for n in range(1, 40)
    ]
    wrong = [
        call("purge", 500, 501, 39),
        write("a", 502, 503, 1),
        call("load", 504, 505, (1, ["a"])),
        write("b", 506, 507, 2),
        call("load", 508, 509, (2, ["b"])),
    ]
    after = [call("load", 510 + 2 * n, 511 + 2 * n, (2, ["b"])) for n in range(20)]
    told = {"all": [*before, *loads, *wrong, *after]}
    refused = judge(checker, told, tmp_path)["all"].refused
    assert [(c["call"], c["return"]) for c in refused] == [(502, 503), (506, 507), (508, 509)]
