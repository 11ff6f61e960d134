"""Comparisons say all that differs, and nothing that does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingenious_ops.console.shown import comparison
from ingenious_ops.console.shown.comparison import Line, compare

LINES = ["", "a", "b", "a b c", "a b d", "東京都", "\r"]
TEXTS = st.lists(st.sampled_from(LINES), max_size=12).map("\n".join)


def _text(line: Line | None) -> str | None:
    return None if line is None else "".join(text for text, _ in line.pieces)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_a_whole_comparison(old: str, new: str) -> None:
    found = compare(old, new, context=None)
    a, b = old.split("\n"), new.split("\n")
    assert [_text(row.old) for row in found.rows if row.old] == a
    assert [_text(row.new) for row in found.rows if row.new] == b
    assert [row.old.number for row in found.rows if row.old] == list(range(1, len(a) + 1))
    assert all(_text(row.old) == _text(row.new) for row in found.rows if row.kind == "same")
    assert found.equal == (old == new)
    assert found.left_out == 0


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 4), st.integers(1, 6))
def test_a_fold_hides_equal_lines_alone(old: str, new: str, context: int, most: int) -> None:
    whole, found = compare(old, new, context=None), compare(old, new, context=context)
    changed = [row for row in whole.rows if row.kind == "changed"]
    assert [row for row in found.rows if row.kind == "changed"] == changed
    assert sum(row.hidden or 1 for row in found.rows) == len(whole.rows)
    assert (found.added, found.removed) == (whole.added, whole.removed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "MOST_ROWS", most)
        short = compare(old, new, context=context)
    assert short.rows == found.rows[:most]
    assert short.left_out == max(0, len(found.rows) - most)


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("on 12 May", "on 14 May", ["12"], ["14"]),
        ("我在東京都", "我在京都市", ["東"], ["市"]),
        ("the fee is 42", "the fee is 42 EUR", [], [" EUR"]),
        ("nothing alike", "その他", [], []),
    ],
)
def test_the_words_that_differ(old: str, new: str, removed: list[str], added: list[str]) -> None:
    [row] = compare(old, new).rows
    assert row.old is not None
    assert row.new is not None
    assert [text for text, differs in row.old.pieces if differs] == removed
    assert [text for text, differs in row.new.pieces if differs] == added


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n".join(f"x{n}" for n in range(200_000)), "\n".join(f"y{n}" for n in range(200_000))),
        ("\n".join(["a", "b"] * 1_500), "\n".join(["b", "a", "a"] * 1_000)),
        ("a b b " * 30 + ("\n" + "a b b " * 30) * 999, "\n".join(["b a a " * 30] * 1_000)),
        ("w " * 1_000_000, "v " * 1_000_000),
    ],
    ids=["many-lines", "two-kinds-of-lines", "two-kinds-of-words", "a-long-line"],
)
def test_texts_that_are_hard_to_match_take_no_longer_than_a_person_waits(
    old: str, new: str
) -> None:
    began = time.process_time()
    compare(old, new)
    assert time.process_time() - began < 3
