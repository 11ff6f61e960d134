"""Keys as names on a disk: injective on every file system, and readable back.

A segment of a key is one name, or, when it is long, several nested ones. Characters that are
safe everywhere stand for themselves: ``a-z 0-9 - _ . % = @ + ,``. Every other one is ``~xx`` for
each byte of its UTF-8, in lower-case hex: capitals and accents (some file systems ignore case or
normalise), whatever Windows refuses, a leading dot (dot names are the backend's own) and the
first letter of a name that is a device on Windows (``con``, ``nul.txt``).

A name is cut as soon as it is longer than 188 bytes; ``~+`` is appended to it, and what remains
of the segment, which may be nothing (``~_``), is a name inside of that folder. Where to cut
depends only on what comes before, so all keys that share the cut part share the folder, and a
listing stays in order without looking elsewhere. 188 + 12 bytes for the last character + 2 are
below the 255 bytes that file systems allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_CUT: Final = 188
_CONTINUED: Final = "~+"
_NOTHING: Final = "~_"
_LITERAL: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.%=@+,")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_PLAIN = re.compile(rf"(?!{_DEVICE.pattern})[a-z0-9_%=@+,-][a-z0-9_.%=@+,-]{{0,187}}")
_ESCAPE = re.compile(rb"~([0-9a-f]{2})")


class Part(NamedTuple):
    """What a name on disk stands for: text of a segment, all that is left of it or not."""

    text: str
    continues: bool


def names_of(key: str) -> list[str]:
    """The names of the folders and, last, of the file that hold `key`."""
    return [name for segment in key.split("/") for name in _names(segment)]


def part_of(name: str) -> Part | None:
    """The inverse for one name; None for a name that `names_of` never gives."""
    if is_plain(name):
        return Part(name, continues=False)
    text = _decode(name.removesuffix(_CONTINUED)) if name != _NOTHING else ""
    if text is None or "/" in text:
        return None
    names = list(_names(text))
    if names == [name]:
        return Part(text, continues=False)
    return Part(text, continues=True) if names == [name, _NOTHING] else None


def is_plain(text: str) -> bool:
    """Whether a segment and its name are the same."""
    return _PLAIN.fullmatch(text) is not None


def _names(segment: str) -> Iterator[str]:
    if is_plain(segment):
        yield segment
        return
    name = ""
    for character in segment:
        safe = character in _LITERAL and (name or character != ".")
        name += character if safe else _escape(character)
        if len(name) > _CUT:
            yield _no_device(name) + _CONTINUED
            name = ""
    yield _no_device(name) or _NOTHING


def _escape(character: str) -> str:
    return "".join(f"~{byte:02x}" for byte in character.encode())


def _no_device(name: str) -> str:
    return _escape(name[0]) + name[1:] if _DEVICE.match(name) else name


def _decode(name: str) -> str | None:
    try:
        return _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), name.encode()).decode()
    except UnicodeError:  # also of names that are no text at all to begin with
        return None
