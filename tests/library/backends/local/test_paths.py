from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_storage.backends.local.paths import names_of, part_of
from ingenious_storage.keys import encode_id, validate_key
from tests.library.backends.local.oracle import _key, _names

DEVICES = ["con", "prn", "aux", "nul", "com0", "com9", "lpt1", "con.txt", "nul.tar.gz"]
# Letters where the rules meet: dots, escapes, length, devices.
LETTERS = "%~_+.-aAf0 é漢🦊conul\u0301\u00df\u1e9e"
SEGMENTS = st.one_of(
    st.text(st.sampled_from(LETTERS), min_size=1, max_size=12),
    st.text(st.sampled_from("aA%漢."), min_size=150, max_size=260),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=70),
    st.sampled_from(DEVICES),
    st.text(min_size=1).map(lambda text: encode_id(text.encode(errors="ignore").decode() or "x")),
).filter(lambda text: "/" not in text)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("conversations/0f8fad5b/memory.json", ["conversations", "0f8fad5b", "memory.json"]),
        ("Memory", ["~4demory"]),
        (encode_id("Ürümqi"), ["%c3%9cr%c3%bcmqi"]),
        ("%C3", ["%~433"]),
        (".git/..x", ["~2egit", "~2e.x"]),
        ("con/con.txt/conx", ["~63on", "~63on.txt", "conx"]),
        ("a b~", ["a~20b~7e"]),
        ("é", ["~c3~a9"]),
        ("x" * 188, ["x" * 188]),
        ("x" * 189, ["x" * 189 + "~+", "~_"]),
        ("x" * 190, ["x" * 189 + "~+", "x"]),
        ("x" * 189 + ".y", ["x" * 189 + "~+", "~2ey"]),
    ],
)
def test_examples(key: str, names: list[str]) -> None:
    assert names_of(key) == names == _names(key)


@given(KEYS)
def test_each_name_is_safe_on_every_file_system(key: str) -> None:
    for name in names_of(key):
        assert name.isascii()
        assert name == name.lower() == unicodedata.normalize("NFD", name)
        assert 0 < len(name) <= 204
        assert not set(name) & set('<>:"/\\|?* ')
        assert name[0] != "."
        assert name[-1] != "." or key.endswith(".") or ("./") in key
        assert name.partition(".")[0] not in DEVICES


@given(KEYS)
def test_names_can_be_read_back(key: str) -> None:
    text = ""
    for name in names_of(key):
        part = part_of(name)
        assert part is not None
        text += part.text + ("" if part.continues else "/")
    assert text == key + "/"
    assert names_of(key) == _names(key)
    assert _key(tuple(names_of(key))) == key


@given(KEYS, KEYS)
def test_different_keys_have_different_files(one: str, two: str) -> None:
    assert (names_of(one) == names_of(two)) == (one == two)


@given(SEGMENTS, SEGMENTS)
def test_the_order_of_names_is_the_order_of_keys(one: str, two: str) -> None:
    """What a listing relies on: it sorts one folder at a time."""
    for name, other in zip(names_of(one), names_of(two), strict=False):
        if name != other:
            mine, theirs = part_of(name), part_of(other)
            assert mine is not None
            assert theirs is not None
            assert (mine.text < theirs.text) == (one < two)
            assert not mine.continues or not theirs.text.startswith(mine.text)
            return


@given(st.text(st.sampled_from(LETTERS + "~+_%ac"), min_size=1, max_size=8))
def test_a_name_that_was_not_made_here_is_not_read(name: str) -> None:
    part = part_of(name)
    if part is not None:
        assert _names(part.text) == ([name, "~_"] if part.continues else [name])


@pytest.mark.parametrize(
    "name", ["README", "con", "a~2fb", "~zz", "~4", "a~61", "~ff", "x y", "é", "\ud800", "x" * 189]
)
def test_foreign_names(name: str) -> None:
    assert part_of(name) is None


def test_the_longest_key() -> None:
    names = names_of(validate_key("𝄞" * 1024))
    assert max(map(len, names)) <= 255
    assert len("/".join(names)) < 32_767 - 260  # Windows, with its prefix for long paths
