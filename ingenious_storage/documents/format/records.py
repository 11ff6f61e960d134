"""Records: the JSON objects of a head and a segment, as types.

Meanings: docs/storage-format.md. At run time they are plain dicts, so fields that this release
does not know stay in them; `fields` checks them where they are read.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class RevisionIdRecord(TypedDict):
    """A revision's number and write_id: what a RevisionId is made of."""

    number: int
    write_id: str


class Delta(TypedDict):
    """How to get the data of the revision before: lengths in bytes, `middle` zstd in base64."""

    prefix: int
    suffix: int
    middle: str


class Entry(RevisionIdRecord):
    """A revision without its data."""

    created_at: str
    author: str | None
    message: str | None
    tags: list[str]
    size: int
    sha256: str
    deleted: bool
    delta: NotRequired[Delta | None]
    """Left out of copies that a head keeps of what is sealed."""
    erased: NotRequired[bool]
    """A rewrite took it out: `deleted` too, and its data are those of the revision above."""


class Sealed(RevisionIdRecord):
    """The newest segment, and what decides when the next keyframe is due."""

    segments: int
    bytes: int
    keyframe: RevisionIdRecord | None
    size: NotRequired[int]
    """Bytes of the newest keyframe's data; the first builds of 0.1.0 wrote none."""


def without_delta(entry: Entry) -> Entry:
    """A copy of an entry, as a head keeps it of what is sealed."""
    copy = entry.copy()
    copy.pop("delta", None)
    return copy


class HeadFields(RevisionIdRecord):
    """All fields of a head but `data` and `sha256`."""

    format: str
    key: str
    name: str
    first: int
    deleted: bool
    recent: list[Entry]
    sealed: Sealed | None
    origin: NotRequired[str | None]
    purges: NotRequired[dict[str, Any]]
    over: NotRequired[str]
    """The ETag of the purge tombstone that the document began over."""
    encoding: NotRequired[str]
    """Of the data of a packed document; without it they are JSON, and the head is too."""
    segments: NotRequired[list[list[Any]]]
    """Of a packed document: see `index`."""
    rewritten: NotRequired[list[str]]
    """The ids of the newest rewrites of its history, oldest first."""
    cuts: NotRequired[list[str]]
    """The ids of the newest cuts by prunes, likewise."""
    withdrawn: NotRequired[dict[str, Any]]
    """Which revisions are about to be erased: an `id`, and `ranges` of first and last numbers."""
