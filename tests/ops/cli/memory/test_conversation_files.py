"""Names of files for any id: kept apart on every file system, and read back."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.transfer.conversation_files import (
    Source,
    as_json,
    as_markdown,
    file_name,
    read,
)
from ingenious_storage.services.framework_names import SHARED

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


def fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


@given(IDS)
def test_a_name_is_safe_everywhere(conversation: str) -> None:
    name = file_name(conversation)
    assert name.isascii()
    assert len(name) <= 220
    assert not set(name) & set('<>:"|?*/\\ ')
    assert not name.startswith(".")


@given(IDS, st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_names_differ_where_ids_differ(conversation: str, change: type[str]) -> None:
    other = change(conversation)
    same = fold(file_name(conversation)) == fold(file_name(other))
    assert same == (conversation == other)


def test_the_names_of_devices_are_no_names() -> None:
    for device in ("con", "nul", "com1", "lpt9", "aux", "prn"):
        assert file_name(device).startswith(f"{device}~")


@given(IDS, st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()))
def test_what_is_written_is_read(conversation: str, memory: dict[str, int]) -> None:
    path, text = as_json(conversation, memory)
    assert json.loads(text)["conversation"] == conversation
    assert path.name == file_name(conversation)


def test_a_markdown_memory(tmp_path: Path) -> None:
    assert as_markdown("a", {"context": "x"}) == (Path("memory/a/context.md"), "x")
    assert as_markdown(SHARED, {"context": "x"}) == (Path("memory/context.md"), "x")
    for memory in ({"context": 1}, {"context": "x", "more": 1}, {}, "x", None):
        assert as_markdown("a", memory) is None
    for name in ("..", "a/..", "/a", "a\\b", "a.", "con", "nul.txt", "a:b", "x" * 201, "a//b"):
        assert as_markdown(name, {"context": "x"}) is None


def test_a_file_that_decodes_to_no_id_is_called_like_itself(tmp_path: Path) -> None:
    for stem, conversation in (
        ("chat%2F7", "chat/7"),
        ("100%", "100%"),
        ("%FF", "%FF"),
        ("a~b", "a~b"),
        ("plain", "plain"),
    ):
        path = tmp_path / f"{stem}.json"
        path.write_text("{}", encoding="utf-8")
        assert read(Source(path)) == (conversation, {})
