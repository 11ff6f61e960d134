"""Differences between texts: as difflib has them, and within an effort."""

from __future__ import annotations

import difflib
import time

from hypothesis import given
from hypothesis import strategies as st

from ingenious_storage.diffs import Differ

TEXTS = st.lists(st.sampled_from("abcd"), max_size=30).map("\n".join)


def applied(old: str, diff: str) -> str:
    """`old` with a unified diff applied to it."""
    before, after, at = old.splitlines(), list[str](), 0
    for line in diff.splitlines()[2:]:
        if line.startswith("@@"):
            begin, _, count = line.split()[1].removeprefix("-").partition(",")
            start = int(begin) - (count != "0")
            after += before[at:start]
            at = start
        elif line.startswith("+"):
            after.append(line[1:])
        else:
            assert before[at] == line[1:]
            after += [line[1:]] * (line[0] == " ")
            at += 1
    return "\n".join([*after, *before[at:]])


@given(TEXTS, TEXTS)
def test_it_is_the_diff_of_difflib(old: str, new: str) -> None:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "a", "b", lineterm="")
    diff = Differ().unified(old, new, old_name="a", new_name="b")
    assert diff == "".join(f"{line}\n" for line in lines)


@given(TEXTS, TEXTS)
def test_without_effort_it_is_longer_and_still_true(old: str, new: str) -> None:
    diff = Differ(0).unified(old, new, old_name="a", new_name="b")
    assert applied(old, diff).splitlines() == new.splitlines()
    assert bool(diff) == (old.splitlines() != new.splitlines())


def test_many_texts_share_one_effort() -> None:
    old, new = "\n".join(map(str, range(100))), "\n".join(map(str, range(0, 200, 2)))
    differ = Differ(40_000)
    first = differ.unified(old, new, old_name="a", new_name="b")
    second = differ.unified(old, new, old_name="a", new_name="b")
    assert first == Differ().unified(old, new, old_name="a", new_name="b")
    assert len(second) > len(first)


def test_lines_that_repeat_do_not_take_for_ever() -> None:
    """Each line of one is in the other thousands of times."""
    old, new = "a\nb\n" * 20_000, "b\na\nc\n" * 20_000
    began = time.process_time()
    diff = Differ().unified(old, new, old_name="a", new_name="b")
    assert applied(old, diff).splitlines() == new.splitlines()
    assert time.process_time() - began < 20
