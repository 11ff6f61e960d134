"""ETags: one revision of a document as HTTP names it, and lists of them (RFC 9110)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ingenious_ops.api.errors import InvalidRequestError
from ingenious_storage import RevisionId

_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_REVISION: Final = re.compile(r'"([1-9][0-9]{0,9})-([0-9a-f]{1,64})"')
_ANY: Final = "*"
_MOST: Final = 100
"""Tags in one header."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One entity tag of a header."""

    text: str
    """With its quotation marks, without W/."""
    weak: bool = False

    @property
    def revision(self) -> RevisionId | None:
        """The revision that it names; None of what was never an ETag of a revision."""
        match = None if self.weak else _REVISION.fullmatch(self.text)
        return match and RevisionId(int(match[1]), match[2])


@dataclass(frozen=True, slots=True)
class Tags:
    """What If-Match or If-None-Match says: `*`, or a list."""

    listed: Sequence[Tag] = ()
    any: bool = False

    def match(self, etag: str) -> bool:
        """Whether the strong `etag` is among them, compared strongly: for If-Match."""
        return self.any or any(tag.text == etag and not tag.weak for tag in self.listed)

    def match_weakly(self, etag: str) -> bool:
        """The same, compared weakly: for If-None-Match, where a proxy may have weakened it."""
        return self.any or any(tag.text == etag for tag in self.listed)


def etag_of(revision: RevisionId) -> str:
    """The strong ETag of one revision."""
    return f'"{revision.number}-{revision.write_id}"'


def etag_of_content(content: bytes) -> str:
    """The strong ETag of what is no revision of its own: a list, a difference."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def parse_tags(name: str, lines: Iterable[str]) -> Tags | None:
    """The tags of a header that may stand on several lines; None where it is not there.

    Raises: InvalidRequestError for what is no list of entity tags.
    """
    joined = [line.strip(" \t") for line in lines]
    if not joined:
        return None
    text = ",".join(joined)
    if text == _ANY:
        return Tags(any=True)
    tags, at = list[Tag](), 0
    while at < len(text):
        if text[at] in ", \t":
            at += 1
            continue
        match = _TAG.match(text, at)
        at = match.end() if match else at
        if match is None or text[at:].lstrip(" \t")[:1] not in {"", ","} or len(tags) >= _MOST:
            raise _malformed(name)
        tags.append(Tag(match[2], weak=match[1] is not None))
    if not tags:
        raise _malformed(name)
    return Tags(tags)


def _malformed(name: str) -> InvalidRequestError:
    hint = f'Send ETags as they were received: {name}: "7-5f0c1e7a9b3d4c2e", or *.'
    return InvalidRequestError(f"{name} is no list of at most {_MOST} ETags", hint=hint)
