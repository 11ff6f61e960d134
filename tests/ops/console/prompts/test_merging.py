"""Three-way merges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.console.prompts.merging import MINE, THEIRS, has_marks, merge

TEXTS = st.lists(st.sampled_from("abc\n"), max_size=12).map("".join)


def test_changes_apart_from_each_other_are_both_there() -> None:
    merged = merge("1\n2\n3\n4\n", "one\n2\n3\n4\n", "1\n2\n3\nfour\n")
    assert (merged.text, merged.conflicts) == ("one\n2\n3\nfour\n", 0)


def test_changes_of_one_line_are_both_there_between_marks() -> None:
    merged = merge("1\n2\n3\n", "1\nmine\n3\n", "1\ntheirs\n3\n")
    assert merged.text == f"1\n{MINE}mine\n=======\ntheirs\n{THEIRS}3\n"
    assert merged.conflicts == 1
    assert has_marks(merged.text)
    assert has_marks(merged.text.replace("\n", "\r\n"))


def test_marks_stand_on_lines_of_their_own_where_texts_end_without_a_newline() -> None:
    merged = merge("a", "mine", "theirs")
    assert merged.text == f"{MINE}mine\n=======\ntheirs\n{THEIRS}"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "text"),
    [
        pytest.param("a\nb\n", "a\n", "a\nb\nc\n", None, id="removed-and-added-beside-it"),
        pytest.param("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n", id="removed-and-added"),
        pytest.param("a\n", "x\na\n", "a\ny\n", "x\na\ny\n", id="added-before-and-after"),
        pytest.param("", "x\n", "y\n", None, id="both-new"),
    ],
)
def test_cases(base: str, mine: str, theirs: str, text: str | None) -> None:
    merged = merge(base, mine, theirs)
    assert (merged.text if text else None) == text
    assert bool(merged.conflicts) == (text is None)


@given(TEXTS, TEXTS)
def test_who_changed_nothing_gets_what_the_other_made(base: str, other: str) -> None:
    assert merge(base, base, other).text == other
    assert merge(base, other, base).text == other
    assert merge(base, other, other).text == other
    assert not merge(base, other, other).conflicts


@given(TEXTS, TEXTS, TEXTS)
def test_no_line_of_either_is_lost(base: str, mine: str, theirs: str) -> None:
    merged = merge(base, mine, theirs)
    kept = merged.text.splitlines()
    for line in {*mine.splitlines()} - {*base.splitlines()}:
        assert line in kept
    for line in {*theirs.splitlines()} - {*base.splitlines()}:
        assert line in kept
    assert has_marks(merged.text) == bool(merged.conflicts)


@given(TEXTS, TEXTS, TEXTS)
def test_sides_are_alike(base: str, mine: str, theirs: str) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert one.conflicts == other.conflicts
    assert one.conflicts or one.text == other.text
