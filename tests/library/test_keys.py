"""Keys: the rules, told once more in plain words, decide as `validate_key` does."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.keys import validate_key

# Characters where the rules meet, so that most texts are nearly keys.
LETTERS = "ab/. :\\%~_-=@C\x00\x1f\x7f\x9f\u00fc\u2028\ud800\ufffe\n"


def is_key(text: str) -> bool:
    segments = text.split("/")
    return (
        len(text) <= 1024
        and len(segments) <= 254
        and all(segment and segment[-1] not in ". " for segment in segments)
        and not any(c in "\\\ufffe\uffff" or unicodedata.category(c) in ("Cc", "Cs") for c in text)
        and not (text[:1].isascii() and text[:1].isalpha() and text[1:2] == ":")
    )


@given(st.one_of(st.text(LETTERS, max_size=8), st.text(st.characters(codec=None), max_size=40)))
def test_a_key_is_refused_exactly_when_it_breaks_a_rule(text: str) -> None:
    if is_key(text):
        assert validate_key(text) == text
    else:
        with pytest.raises(InvalidKeyError):
            validate_key(text)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("a" * 1024, True),
        ("a" * 1025, False),
        ("a/" * 253 + "a", True),
        ("a/" * 254 + "a", False),
        ("/".join(["a"] * 127), True),
    ],
)
def test_lengths(text: str, *, allowed: bool) -> None:
    assert is_key(text) is allowed
    if allowed:
        assert validate_key(text) == text
    else:
        with pytest.raises(InvalidKeyError):
            validate_key(text)


@pytest.mark.parametrize("what", [None, 5, b"a", ["a"]])
def test_what_is_no_text(what: object) -> None:
    with pytest.raises(InvalidKeyError, match="not text"):
        validate_key(what)  # type: ignore[arg-type]
