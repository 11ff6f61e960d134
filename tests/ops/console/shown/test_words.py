"""How sizes, times and texts are written; how JSON is laid out; names of downloads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.console.downloads import file_name
from ingenious_ops.console.shown import words
from ingenious_ops.console.shown.json_text import in_lines

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZES = {
    0: "0 B",
    999: "999 B",
    1000: "1.0 KB",
    9_960: "10 KB",
    999_499: "999 KB",
    999_600: "1.0 MB",
    16_777_216: "17 MB",
    5 * 10**15: "5,000 TB",
}
AGES = {
    -60: "now",
    4: "now",
    59: "59 s ago",
    60: "1 min ago",
    3_599: "59 min ago",
    7_200: "2 h ago",
    86_400 * 30: "30 d ago",
    86_400 * 31: "2026-01-30",
}
NAMES = {
    "a.json": "a.json",
    "../../etc/passwd.json": "etc-passwd.json",
    'a"b\r\nSet-Cookie: x=1.json': "a-b-Set-Cookie-x-1.json",
    "東京.json": "file.json",
    ".json": "file.json",
    "": "file",
    "a" * 500 + ".json": "a" * 100 + ".json",
}


@pytest.mark.parametrize(("count", "text"), SIZES.items())
def test_sizes(count: int, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(("seconds", "text"), AGES.items())
def test_ages(seconds: int, text: str) -> None:
    assert words.age(NOW - timedelta(seconds=seconds), NOW) == text


def test_what_nobody_sees_is_written_by_its_number() -> None:
    assert words.plain("a\u202eb\x00c\u200bd") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩d"
    assert words.plain("line\n\ttab 👩\u200d🚒 東京") == "line\n\ttab 👩\u200d🚒 東京"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb", ['"a\\n', '  b"']),
        ("a\n", ['"a\\n"']),
        ("a\\nb", ['"a\\\\nb"']),
        ("a\\\nb", ['"a\\\\\\n', '  b"']),
        ("\n\nb", ['"\\n', "  \\n", '  b"']),
    ],
)
def test_lines_of_texts_stand_below_each_other(text: str, lines: list[str]) -> None:
    assert in_lines(text).split("\n") == lines


@given(st.text(alphabet='a\\\n"'), st.text(alphabet='a\\\n"'))
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (in_lines([one]) == in_lines([other])) == (one == other)


@pytest.mark.parametrize(("name", "safe"), NAMES.items())
def test_names_of_downloads(name: str, safe: str) -> None:
    assert file_name(name) == safe
