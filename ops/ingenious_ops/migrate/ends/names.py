"""Names of other stores as keys of ours: what a key may not hold is percent-encoded, no more.

So a name that is allowed stays as it is, with its percent signs; that two names become one key is
possible, and what a plan calls a collision.
"""

from __future__ import annotations

import re
from typing import Final

from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.keys import validate_key

_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\ufffe\uffff]")
_SLASH: Final = re.compile(r"^/|/(?=/|$)")
"""One that begins an empty segment, or ends one."""
_ENDING: Final = re.compile(r"[. ](?=/|$)")
_DRIVE: Final = re.compile(r"^([A-Za-z]):")


def key_of(name: str) -> str:
    """The key of a name, whose bytes that are not UTF-8 are surrogates as of `os.fsdecode`.

    Raises: InvalidKeyError for what no escape can mend: it is too long, or too deep.
    """
    try:
        return validate_key(name)
    except InvalidKeyError:
        return validate_key(_escaped(name))


def _escaped(name: str) -> str:
    name = _FORBIDDEN.sub(_encoded, name)
    name = _SLASH.sub(_encoded, name)
    name = _ENDING.sub(_encoded, name)
    return _DRIVE.sub(r"\1%3A", name)


def _encoded(match: re.Match[str]) -> str:
    # surrogatepass for a lone surrogate that stands for no byte: Windows allows them in names.
    try:
        raw = match.group().encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = match.group().encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in raw)


def shown(name: str) -> str:
    """A name that any output can take: what is no character becomes an escape."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
