"""Keys, container names and ids: the rules for each, checked before any I/O.

Sources: Azure's "Naming and referencing containers, blobs, and metadata", and the emulator,
where NUL or U+FFFE in a name breaks every later listing of the container.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import unquote

from ingenious_storage.errors import ConfigurationError, InvalidKeyError

MAX_KEY_CHARACTERS: Final = 1024
MAX_KEY_SEGMENTS: Final = 254
MAX_ENCODED_ID_BYTES: Final = 200
CONVERSATIONS: Final = "conversations/"
"""The root of all memories."""
SNAPSHOTS: Final = "catalogue/ingenious-snapshot"
"""How the keys of published snapshots of the catalogue begin: they are of no document."""
JOURNALS: Final = "ingenious-journals/"
"""How the keys of journals begin, by which bulk work is resumed: they are of no document either."""

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\ufffe\uffff]")
_BAD_SEGMENT = re.compile(r"(?:^|/)(?:/|$)|[. ](?:/|$)")  # empty, or ends in '.' or space
_PLAIN: Final = r"[A-Za-z0-9_%~@=+,()-]++"
_SEGMENT: Final = rf"{_PLAIN}(?:[. ]++{_PLAIN})*+"
_USUAL = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*+")
"""Most keys: one look shows that they break no rule, in a fifth of the time."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTAINER = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_SAFE_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_ENCODED_ID_BYTES}}}")
_UNSAFE = re.compile(rb"[^A-Za-z0-9_-]")
_HASH_MARK: Final = "~"
_HIDDEN_ID = re.compile(r"~[0-9a-f]{32}")
_HASHED_ID = re.compile(r"[A-Za-z0-9_%-]{100}~[0-9a-f]{64}")


def validate_key(key: str) -> str:
    """Return `key`, or raise InvalidKeyError naming the rule that it breaks."""
    if isinstance(key, str) and len(key) < MAX_KEY_SEGMENTS and _USUAL.fullmatch(key):
        return key
    problem = _problem(key)
    if problem is not None:
        shown = ascii(key[:80]) if isinstance(key, str) else type(key).__name__
        raise InvalidKeyError(f"invalid key {shown}: {problem}")
    return key


def validate_prefix(prefix: str) -> str:
    """Return `prefix` if some valid key could begin with it, else raise InvalidKeyError."""
    if prefix:
        # One more letter turns every usable prefix into a key: "a/", "a." and "" included.
        validate_key(prefix + "x" if len(prefix) < MAX_KEY_CHARACTERS else prefix)
    return prefix


def _problem(key: str) -> str | None:
    if not isinstance(key, str):
        return "it is not text"
    if len(key) > MAX_KEY_CHARACTERS:
        return f"{len(key)} characters, at most {MAX_KEY_CHARACTERS} are allowed"
    if match := _FORBIDDEN.search(key):
        return f"it holds {match.group()!a}"
    if _BAD_SEGMENT.search(key):
        return "a segment is empty, '.', '..' or ends in '.' or a space"
    if _DRIVE.match(key):
        return "it starts like a drive letter"
    if key.count("/") >= MAX_KEY_SEGMENTS:
        return f"more than {MAX_KEY_SEGMENTS} segments"
    return None


def validate_container(name: str) -> str:
    """Return `name` if Azure accepts it for a container, else raise ConfigurationError."""
    if not isinstance(name, str):
        raise ConfigurationError(
            f"the name of a container is text, and this one is of type {type(name).__name__}",
            hint="Pass a name such as 'ingenious-data'.",
        )
    if not 3 <= len(name) <= 63 or not _CONTAINER.fullmatch(name):
        raise ConfigurationError(
            f"invalid container name {name[:80]!a}",
            hint="3 to 63 lower-case letters, digits and single hyphens, "
            "starting and ending with a letter or digit.",
        )
    return name


def validate_name(name: str, *, what: str) -> str:
    """Return the name of a prompt set or label, else raise InvalidKeyError."""
    if not isinstance(name, str):
        raise InvalidKeyError(
            f"the name of a {what} is text, and this one is of type {type(name).__name__}",
            hint="Pass a name such as 'quickstart-1'.",
        )
    if not is_name(name):
        raise InvalidKeyError(
            f"invalid {what} name {name[:80]!a}",
            hint="1 to 50 lower-case letters, digits and hyphens, not starting with a hyphen.",
        )
    return name


def encode_id(text: str) -> str:
    """Encode any text injectively into one key segment.

    Percent-encoding of the UTF-8 bytes of all but ASCII letters, digits, ``-`` and ``_``.
    Over 200 bytes: the first 100 bytes of that, ``~`` and the SHA-256 in hex; the record must
    hold the id itself, because it cannot be decoded from the segment.

    Raises: InvalidKeyError for empty text and for lone surrogates.
    """
    if isinstance(text, str) and _SAFE_ID.fullmatch(text):
        return text
    raw = id_bytes(text)
    # Lower-case hex, since capitals are escaped on disk (`backends.local_paths`).
    encoded = _UNSAFE.sub(lambda byte: b"%%%02x" % ord(byte.group()), raw).decode("ascii")
    if len(encoded) <= MAX_ENCODED_ID_BYTES:
        return encoded
    return encoded[:100] + _HASH_MARK + hashlib.sha256(raw).hexdigest()


def id_bytes(text: str) -> bytes:
    """The UTF-8 of an id. Raises: InvalidKeyError for empty text and for lone surrogates."""
    if not isinstance(text, str):
        kind = type(text).__name__
        raise InvalidKeyError(
            f"an id is text, and this one is of type {kind}",
            hint=f"Pass str(id), everywhere the same: {kind} and its text would be one id."
            if text is not None
            else "It was not set: None is no id.",
        )
    if not text:
        raise InvalidKeyError(
            "an id must be non-empty text", hint="Pass the id of the conversation."
        )
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidKeyError(f"invalid id {text[:80]!a}: lone surrogate") from None


def decode_id(segment: str) -> str | None:
    """The id that `encode_id` made `segment` of; None when the record has to be asked."""
    return None if _HASH_MARK in segment else unquote(segment, errors="strict")


def is_encoded_id(segment: str) -> bool:
    """Whether `encode_id` makes this segment of some id."""
    if _HASH_MARK in segment:
        return _HASHED_ID.fullmatch(segment) is not None
    try:
        return encode_id(unquote(segment, errors="strict")) == segment
    except (UnicodeDecodeError, InvalidKeyError):
        return False


def hidden_segment(digest: bytes) -> str:
    """The segment of an id of which only a keyed hash of 16 bytes may be seen.

    No `encode_id` makes it: there a `~` has 100 characters before it.
    """
    return _HASH_MARK + digest.hex()


def is_hidden_segment(segment: str) -> bool:
    """Whether `hidden_segment` makes this segment of some hash."""
    return _HIDDEN_ID.fullmatch(segment) is not None


def is_name(name: str) -> bool:
    """Whether this is the name of a prompt set or label."""
    return _NAME.fullmatch(name) is not None
