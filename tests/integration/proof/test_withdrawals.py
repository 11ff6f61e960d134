"""What the checker says of withdrawals, and of labels beside them, in small histories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.proof.judge import results
from tests.integration.proof.recording.journal import Call
from tests.integration.proof.test_checker import call, write
from tests.integration.proof.test_small import cut, label, three

OWN: dict[str, Any] = {"client": 5, "spares": True, "since": 5}
"""Of all that one erasure makes, which begins at 5."""
OTHER: dict[str, Any] = {**OWN, "client": 6}


def head(begin: int, end: int | None, *ranges: list[int], **more: Any) -> Call:
    """One that withdraws these revisions, or ends a withdrawal."""
    pin = {"number": 3, "write_id": ""}
    return call("withdraw", begin, end, ranges=[*ranges], pin=pin, **{**OWN, **more})


def cuts(begin: int, end: int, first: int) -> Call:
    return {**cut(first, begin, end, 3), **OWN}


def look(begin: int, end: int, number: int, *, refused: bool = False) -> Call:
    """At a revision, by who has just set a label to it."""
    pin = {"number": number, "write_id": f"w{number}" if number < 3 else ""}
    told = {"error": "revision_pruned"} if refused else pin
    return call("peek", begin, end, told, revision=number, pin=pin)


def spared(begin: int, end: int, *ranges: list[int]) -> Call:
    return call("spared", begin, end, label="l", ranges=[*ranges], **OWN)


def ended(begin: int, end: int, **who: Any) -> Call:
    return call("ended", begin, end, **{**OWN, **who})


ACCEPTED = {
    "refused while it is withdrawn": [*three(), head(6, 9, [1, 2]), look(7, 8, 2, refused=True)],
    "accepted before that": [*three(), head(6, 9, [1, 2]), look(7, 8, 2)],
    "accepted beside it": [*three(), head(6, 7, [1, 2]), look(8, 9, 3)],
    "refused below what is committed": [
        *three(),
        head(6, 7, [1, 1]),
        write("4", 8, 9, 4),
        look(10, 11, 1, refused=True),
    ],
    "refused when who withdrew it has died": [
        *three(),
        head(6, None, [1, 2]),
        look(8, 9, 2, refused=True),
    ],
    "refused when it is gone": [
        *three(),
        head(6, 7, [1, 2]),
        cuts(8, 9, 3),
        ended(8, 10),
        look(11, 12, 2, refused=True),
    ],
    "given back": [*three(), head(6, 7, [1, 2]), head(8, 9), ended(8, 10), look(11, 12, 2)],
    "of an erasure that began meanwhile": [
        *three(),
        head(6, 7, [1, 2], client=6, since=4),
        ended(5, 9),
        look(10, 11, 2, refused=True),
    ],
    "a label that moved away before it was asked for": [
        *three(),
        label(5, 6, 1, 1),
        label(7, 8, 2, 3),
        head(9, 10, [1, 2]),
        spared(9, 11, [1, 2]),
        cuts(11, 12, 3),
    ],
    "a label that is set and taken back behind that": [
        *three(),
        head(6, 7, [1, 2]),
        spared(6, 9, [1, 2]),
        label(8, 13, 1, 1),
        cuts(9, 10, 3),
        look(11, 12, 1, refused=True),
        call("label_of", 10, 11, {"number": 1, "pin": {"number": 1, "write_id": "w1"}}, label="l"),
    ],
    "purged": [*three(), head(6, 7, [1, 3]), call("purge", 5, 9, 3, **OWN)],
    "rewritten": [
        *three(),
        head(6, 7, [1, 1]),
        call("rewrite", 5, 9, {"erased": [1]}, item="x", without=[1], **OWN),
        look(10, 11, 2),
    ],
}
REFUSED = {
    "refused for nothing": [*three(), look(6, 7, 2, refused=True)],
    "refused before it is withdrawn": [*three(), look(5, 6, 2, refused=True), head(7, 9, [1, 2])],
    "refused for a neighbour": [*three(), head(6, 9, [1, 1]), look(7, 8, 2, refused=True)],
    "refused when it was given back": [
        *three(),
        head(6, 7, [1, 2]),
        head(8, 9),
        look(10, 11, 2, refused=True),
    ],
    "refused behind the cut": [
        *three(),
        head(6, 7, [1, 2]),
        cuts(8, 9, 2),
        look(10, 11, 2, refused=True),
    ],
    "refused behind a rewrite": [
        *three(),
        head(6, 7, [1, 2]),
        call("rewrite", 5, 9, {"erased": [1]}, item="x", without=[1], **OWN),
        look(10, 11, 2, refused=True),
    ],
    "refused in the next document": [
        *three(),
        head(6, 7, [1, 3]),
        call("purge", 5, 9, 3, **OWN),
        write("a", 10, 11, {"number": 1, "write_id": "w1"}),
        look(12, 13, 1, refused=True),
    ],
    "left by who ended well": [*three(), head(6, 7, [1, 2]), ended(8, 9)],
    "left by who died, and then by who ended well": [
        *three(),
        head(5, 6, [1, 2]),
        ended(8, 9, client=7, since=7),
    ],
    "accepted while it is withdrawn": [*three(), head(6, 7, [1, 2]), look(8, 9, 2)],
    "cut without a withdrawal": [*three(), cuts(8, 9, 3)],
    "cut behind that of another": [*three(), head(6, 7, [1, 2], **OTHER), cuts(8, 9, 3)],
    "cut beyond it": [*three(), head(6, 7, [1, 1]), cuts(8, 9, 3)],
    "cut when it was given back": [*three(), head(6, 7, [1, 2]), head(8, 9), cuts(10, 11, 3)],
    "purged beyond it": [*three(), head(6, 7, [1, 2]), call("purge", 5, 9, 3, **OWN)],
    "a label that was there when it was asked for": [
        *three(),
        label(5, 6, 1, 1),
        look(5, 6, 1),
        head(7, 8, [1, 2]),
        spared(7, 9, [1, 2]),
        cuts(9, 10, 3),
    ],
    "rewritten without a withdrawal": [
        *three(),
        call("rewrite", 5, 9, {"erased": [1]}, item="x", without=[1], **OWN),
    ],
}


@pytest.mark.parametrize(("histories", "result"), [(ACCEPTED, "accepted"), (REFUSED, "refused")])
def test_small_histories(
    checker: Path, tmp_path: Path, histories: dict[str, list[Call]], result: str
) -> None:
    assert results(checker, histories, tmp_path) == dict.fromkeys(histories, result)
