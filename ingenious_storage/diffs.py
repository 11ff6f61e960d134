"""Differences between revisions, for people: unified diffs of text."""

from __future__ import annotations

import difflib

import orjson

from ingenious_storage.jsondata import Json


def text_diff(old: str, new: str, *, old_name: str, new_name: str) -> str:
    """A unified diff, "" when both are equal; lines end in a newline."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)


def json_diff(old: Json, new: Json, *, old_name: str, new_name: str) -> str:
    """`text_diff` of both values, indented."""
    return text_diff(_pretty(old), _pretty(new), old_name=old_name, new_name=new_name)


def _pretty(value: Json) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
