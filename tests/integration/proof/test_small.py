"""What the checker says of groups, erasing and labels, where the verdict is plain to see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.proof.judge import judge, results
from tests.integration.proof.recording.journal import Call
from tests.integration.proof.test_checker import call, write


def join(item: str, begin: int, end: int | None, told: str, at: int, **more: Any) -> Call:
    """In revision 1, with the write id `told`."""
    answer: dict[str, Any] = {"write_id": told}
    if end:
        answer["number"] = 1
    return call("join", begin, end, answer, item=item, at=at, **more)


def rewrite(begin: int, end: int, erased: list[int], redacted: list[int], **asked: Any) -> Call:
    told = {"erased": erased, "redacted": redacted}
    return call("rewrite", begin, end, told, item=f"{begin}", **asked)


def cut(first: int, begin: int, end: int | None, newest: int, keep: int = 1) -> Call:
    pin = {"number": newest, "write_id": ""}
    return call("cut", begin, end, first=first, keep=keep, pin=pin)


def label(begin: int, end: int, moved: int, pinned: int, **more: Any) -> Call:
    pin = {"number": pinned, "write_id": f"w{pinned}"}
    return call("label", begin, end, moved, label="l", pin=pin, **more)


def pinned(begin: int, end: int, moved: int, number: int) -> Call:
    pin = {"number": number, "write_id": f"w{number}"}
    return call("label_of", begin, end, {"number": moved, "pin": pin}, label="l")


def three() -> list[Call]:
    return [
        write(f"{n}", n, n + 1, {"number": n, "write_id": f"w{n}"} if n < 3 else 3)
        for n in range(1, 4)
    ]


ONE, TWO = join("a", 1, 9, "x", 0), join("b", 2, 8, "x", 1)
READ = call("load", 10, 11, (1, ["a", "b"]))
ACCEPTED = {
    "a group": [ONE, TWO, READ],
    "a group of which nobody knows": [join("a", 1, None, "x", 0), join("b", 2, None, "x", 1), READ],
    "one that begins a group": [join("a", 1, 9, "x", 0, begins=True), TWO, READ],
    "refused beside a group": [ONE, TWO, call("join", 3, 4, "conflict", item="c"), READ],
    "erased and redacted": [
        *three(),
        rewrite(5, 6, [1], [2], without=[1], redact=2),
        call("load", 7, 8, "revision_pruned", revision=1),
        call("load", 9, 10, (2, ["5"]), revision=2),
        call("load", 11, 12, (3, ["1", "2", "3"])),
        call("history", 13, 14, {"number": 3, "write_ids": ["", "w2", "w1"]}),
    ],
    "cut": [
        *three(),
        cut(3, 5, 8, 3),
        call("load", 6, 7, (1, ["1"]), revision=1),
        call("load", 9, 10, "revision_pruned", revision=2),
        call("pruned", 11, 12, 3),
        call("history", 13, 14, {"number": 3, "write_ids": ["w3"]}),
        call("purge", 15, 16, 1),
    ],
    "moved while the set is edited": [
        *three(),
        label(5, 8, 1, 2),
        write("4", 6, 7, 4),
        pinned(9, 10, 1, 2),
        label(11, 12, 2, 1, expected={"number": 1}),
        call("unpinned", 13, 14, label="other"),
    ],
}
REFUSED = {
    "told of a group, and not in it": [ONE, TWO, call("load", 10, 11, (1, ["a"]))],
    "in a group twice": [ONE, TWO, call("load", 10, 11, (1, ["a", "b", "b"]))],
    "a group in another order": [ONE, TWO, call("load", 10, 11, (1, ["b", "a"]))],
    "half a group": [ONE, TWO, call("load", 3, 4, (1, ["a"])), READ],
    "a group that was over": [ONE, join("b", 10, 12, "x", 1)],
    "older in what begins a group": [ONE, join("b", 2, 8, "x", 1, begins=True), READ],
    "one number of two in a group": [ONE, {**TWO, "answer": {"number": 2, "write_id": "x"}}],
    "refused, and in a group": [ONE, call("join", 2, 8, "conflict", item="b"), READ],
    "erased and there": [
        *three(),
        rewrite(5, 6, [1], [], without=[1]),
        call("load", 7, 8, (1, ["1"]), revision=1),
    ],
    "a neighbour of what was erased": [
        *three(),
        rewrite(5, 6, [1], [], without=[1]),
        call("load", 7, 8, "revision_pruned", revision=2),
    ],
    "the newest erased": [*three(), rewrite(5, 6, [3], [], without=[3])],
    "redacted and as it was": [
        *three(),
        rewrite(5, 6, [], [2], redact=2),
        call("load", 7, 8, (2, ["1", "2"]), revision=2),
    ],
    "back after a rollback to what was erased": [
        *three(),
        rewrite(5, 6, [1], [], without=[1]),
        call("rollback", 7, 8, 4, revision=1),
    ],
    "pruned and there": [
        *three(),
        cut(3, 5, 6, 3),
        call("load", 7, 8, (2, ["1", "2"]), revision=2),
    ],
    "pruned for nothing": [*three(), call("load", 5, 6, "revision_pruned", revision=1)],
    "pruned too much": [*three(), cut(3, 5, 6, 3, keep=2)],
    "a history without what was pruned": [
        *three(),
        cut(2, 5, 6, 3),
        call("history", 7, 8, {"number": 3, "write_ids": ["w3"]}),
    ],
    "moved by an edit": [*three(), label(5, 6, 1, 2), write("4", 7, 8, 4), pinned(9, 10, 1, 4)],
    "moved twice": [
        *three(),
        label(5, 6, 1, 1),
        label(7, 9, 2, 2, expected={"number": 1}),
        label(8, 10, 2, 3, expected={"number": 1}),
    ],
    "a label of what was never there": [
        *three(),
        call("peek", 5, 6, {"number": 2, "write_id": "of nobody"}, revision=2),
        label(7, 8, 1, 2),
    ],
    "a prune of what is pinned": [
        *three(),
        label(5, 6, 1, 1),
        cut(3, 7, 8, 3),
        call("spared", 9, 10, label="l", ranges=[[1, 2]]),
    ],
    "a purge of what is pinned": [*three(), label(5, 6, 1, 1), call("unpinned", 7, 8, label="l")],
    "nothing, it said": [call("append", 1, 2, "nothing", item="a")],
}


@pytest.mark.parametrize(("histories", "result"), [(ACCEPTED, "accepted"), (REFUSED, "refused")])
def test_small_histories(
    checker: Path, tmp_path: Path, histories: dict[str, list[Call]], result: str
) -> None:
    assert results(checker, histories, tmp_path) == dict.fromkeys(histories, result)


def test_what_is_about_one_key_is_judged_alone(checker: Path, tmp_path: Path) -> None:
    one = [{**each, "key": "one"} for each in three()]
    other = [{**each, "key": "other"} for each in three()]
    wrong = {**call("load", 5, 6, (3, ["1", "2"])), "key": "other"}
    verdicts = judge(checker, {"good": [*one, *other], "bad": [*one, *other, wrong]}, tmp_path)
    assert {name: each.result for name, each in verdicts.items()} == {
        "good": "accepted",
        "bad": "refused",
    }
    assert {each["key"] for each in verdicts["bad"].refused} == {"other"}
