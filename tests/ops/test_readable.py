"""Data of any kind in words, as JSON of others takes them."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingenious_ops.readable import MOST_LEVELS, readable


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"", "<0 bytes>"),
        (b"x", "<1 byte>"),
        (float("-inf"), "<-inf>"),
        ({1: 2, None: b"ab"}, {"<1>": 2, "<None>": "<2 bytes>"}),
        ("\ud83d", "\\ud83d"),
        ({"\udc80": True}, {"\\udc80": True}),
        (object, "<type>"),
    ],
)
def test_what_json_lacks_is_told_in_words(value: Any, words: Any) -> None:
    assert readable(value) == words


def test_what_is_nested_too_deep_is_counted() -> None:
    value: Any = ["bottom", 2]
    for _ in range(MOST_LEVELS):
        value = [value]
    shown = readable(value)
    for _ in range(MOST_LEVELS):
        [shown] = shown
    assert shown == "<2 more, nested too deep>"


_TEXT: st.SearchStrategy[Any] = st.text(["a", "é", "\n", "<"], max_size=3)
_LEAF: st.SearchStrategy[Any] = st.sampled_from([None, True, -1, 2.5, 2**53]) | _TEXT
_STRANGE: st.SearchStrategy[Any] = (
    _LEAF | st.binary(max_size=3) | st.sampled_from([math.nan, math.inf, "\ud800", object])
)


def _nested(leaf: st.SearchStrategy[Any], names: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    )


@settings(max_examples=30)
@given(_nested(_STRANGE, _TEXT | st.integers()))
def test_the_outcome_is_json(value: Any) -> None:
    assert orjson.loads(orjson.dumps(readable(value))) == readable(value)


@settings(max_examples=30)
@given(_nested(_LEAF, _TEXT))
def test_json_stays_as_it_is(value: Any) -> None:
    assert readable(value) == value
