"""Names as keys: what is allowed stays, the rest is escaped and no more."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.migrate.ends.names import key_of, shown
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.keys import validate_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a/b.txt", "a/b.txt"),
        ("100%/ü 漢.md", "100%/ü 漢.md"),
        ("a\\b", "a%5Cb"),
        ("tab\there", "tab%09here"),
        ("line\nfeed", "line%0Afeed"),
        ("\x7f\x85", "%7F%C2%85"),
        ("end.", "end%2E"),
        ("a ./b", "a %2E/b"),
        ("a /b", "a%20/b"),
        ("..", ".%2E"),
        ("./x", "%2E/x"),
        ("a//b", "a%2F/b"),
        ("/a", "%2Fa"),
        ("a/", "a%2F"),
        ("C:/x", "C%3A/x"),
        ("\ufffe", "%EF%BF%BE"),
        (os.fsdecode(b"caf\xe9.txt"), "caf%E9.txt"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_what_becomes_of_a_name(name: str, key: str) -> None:
    assert key_of(name) == key


@given(st.text(st.characters(codec=None), min_size=1, max_size=60))
def test_any_name_becomes_a_key(name: str) -> None:
    key = validate_key(key_of(name))
    try:
        validate_key(name)
    except InvalidKeyError:
        assert key != name
    else:
        assert key == name


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_become_a_key(name: bytes) -> None:
    key_of(os.fsdecode(name))


@pytest.mark.parametrize("name", ["x" * 1025, "/".join("y" * 300), "\n" * 400])
def test_what_no_escape_can_mend_is_refused(name: str) -> None:
    with pytest.raises(InvalidKeyError):
        key_of(name)


def test_any_name_can_be_shown() -> None:
    assert shown(os.fsdecode(b"caf\xe9")) == "caf\\udce9"
    assert shown("plain") == "plain"
