"""Field checks: a head or a segment that is not as docs/storage-format.md says is refused.

It is refused where it is read, not where it is used.

Each check raises KeyError, TypeError or ValueError and names the field, never its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

Check = Callable[[Any], bool]

_is_hash: Final = re.compile(r"[0-9a-f]{64}").fullmatch
_is_hex: Final = re.compile(r"[0-9a-f]+").fullmatch


def _is_number(value: Any) -> bool:
    return type(value) is int and value >= 1  # True is an int too


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_text_or_none(value: Any) -> bool:
    return value is None or type(value) is str


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_moment(value: Any) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None


def _is_tags(value: Any) -> bool:
    return type(value) is list and all(type(tag) is str for tag in value)


def _is_sha256(value: Any) -> bool:
    return _is_hash(value) is not None


def _is_write_id(value: Any) -> bool:
    return _is_hex(value) is not None


def _is_purged_list(value: Any) -> bool:
    if type(value) is not list:
        return False
    for purged in value:
        _check({"tokens": [], **purged}, {**_PURGED, **_TOKENS})
    return True


def _is_ranges(value: Any) -> bool:
    return type(value) is list and all(
        type(each) is list
        and len(each) == 2
        and all(_is_number(number) for number in each)
        and each[0] <= each[1]
        for each in value
    )


_POINTER: Final[Mapping[str, Check]] = {"number": _is_number, "write_id": _is_write_id}
_DELTA: Final[Mapping[str, Check]] = {
    "prefix": _is_count,
    "suffix": _is_count,
    "middle": _is_text,
}
_ENTRY: Final[Mapping[str, Check]] = {
    **_POINTER,
    "created_at": _is_moment,
    "author": _is_text_or_none,
    "message": _is_text_or_none,
    "tags": _is_tags,
    "size": _is_number,
    "sha256": _is_sha256,
    "deleted": _is_flag,
}
_ERASED: Final[Mapping[str, Check]] = {"erased": _is_flag}
_HEAD: Final[Mapping[str, Check]] = {
    **_POINTER,
    "key": _is_text,
    "name": _is_text,
    "first": _is_number,
    "deleted": _is_flag,
}
_MARKS: Final[Mapping[str, Check]] = {
    name: lambda value: type(value) is list and all(_is_write_id(each) for each in value)
    for name in ("rewritten", "cuts")
}
_WITHDRAWN: Final[Mapping[str, Check]] = {"id": _is_write_id, "ranges": _is_ranges}
_ORIGIN: Final[Mapping[str, Check]] = {"origin": lambda it: it is None or _is_write_id(it)}
_MORE: Final[Mapping[str, Check]] = {
    **_ORIGIN,
    "over": _is_text_or_none,
    "encoding": _is_text_or_none,
}
_SEGMENT: Final[Mapping[str, Check]] = {"name": _is_text_or_none, **_ORIGIN}
_PURGED: Final[Mapping[str, Check]] = {
    "purge_id": _is_write_id,
    **_ORIGIN,
    "number": lambda value: value is None or _is_number(value),
}
_TOKENS: Final[Mapping[str, Check]] = {
    "tokens": lambda value: type(value) is list and all(_is_write_id(token) for token in value)
}
_PURGES: Final[Mapping[str, Check]] = {"count": _is_number, "newest": _is_purged_list}
_SEALED: Final[Mapping[str, Check]] = {
    **_POINTER,
    "segments": _is_count,
    "bytes": _is_count,
    "size": _is_count,
}


def check_head(fields: Mapping[str, Any]) -> None:
    """All fields of a head but `data`."""
    _check(fields, _HEAD)
    recent, sealed = fields["recent"], fields["sealed"]
    if sealed is not None:
        _check({"size": 0, **sealed}, _SEALED)
        check_pointer(sealed["keyframe"])
    top = 0 if sealed is None else sealed["number"]
    check_entries(recent, fields["number"], sealed=top)
    if not fields["first"] <= recent[0]["number"] <= top + 1 <= fields["number"] + 1:
        raise ValueError("first, recent and sealed do not fit together")
    if any(recent[-1][name] != fields[name] for name in ("write_id", "deleted")):
        raise ValueError("its newest entry is another revision")
    if (purges := fields.get("purges")) is not None:
        _check(purges, _PURGES)
    _check({"origin": None, "over": None, "encoding": None, **fields}, _MORE)
    _check({"rewritten": [], "cuts": [], **fields}, _MARKS)
    if "withdrawn" in fields:
        _check(fields["withdrawn"], _WITHDRAWN)
    check_index(fields.get("segments"))
    if fields["number"] == 1 and fields.get("origin", fields["write_id"]) != fields["write_id"]:
        raise ValueError("origin is of another document")


def check_index(index: Any) -> None:
    """The segments that a head names, or None."""
    if index is None:
        return
    if type(index) is not list:
        raise TypeError("the index of segments is no list")
    for number, write_id, whole in index:
        if not (_is_number(number) and _is_write_id(write_id) and _is_flag(whole)):
            raise ValueError("the index of segments has what is none")


def check_segment(record: Mapping[str, Any]) -> None:
    """All fields of a segment but `data`."""
    _check({"name": None, "origin": None, **record}, _SEGMENT)
    entries, previous, keyframe = record["entries"], record["previous"], record["keyframe"]
    check_entries(entries, record["number"])
    first = entries[0]["number"]
    for pointer in (previous, keyframe):
        check_pointer(pointer)
        if pointer is not None and pointer["number"] >= first:
            raise ValueError("it points to what is not older")
    if first != (1 if previous is None else previous["number"] + 1):
        raise ValueError("there is a gap to the segment before it")
    if (overlap := record.get("overlap")) is not None:
        check_entries(overlap, first - 1)


def check_entries(entries: Sequence[Any], newest: int, *, sealed: int = 0) -> None:
    """Revisions without a gap up to `newest`; up to `sealed` they need no delta."""
    if type(entries) is not list or not entries:
        raise TypeError("there is no list of entries")
    number = newest - len(entries)
    for entry in entries:
        number += 1
        _check(entry, _ENTRY)
        if "erased" in entry:
            _check(entry, _ERASED)
        if entry["number"] != number:
            raise ValueError("the revision numbers have a gap")
        if number > sealed or "delta" in entry:
            _check_delta(entry["delta"], number)


def check_pointer(pointer: Any) -> None:
    """The id of another segment, or None."""
    if pointer is not None:
        _check(pointer, _POINTER)


def _check_delta(delta: Any, number: int) -> None:
    if delta is not None:
        _check(delta, _DELTA)
    elif number != 1:
        raise ValueError("a revision has no delta to the one before it")


def _check(record: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    for name, good in checks.items():
        if not good(record[name]):
            raise ValueError(f"the field {name!r} is not what it has to be")
