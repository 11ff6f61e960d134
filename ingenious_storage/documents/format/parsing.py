"""Parsing: heads as they are read, and refused unless they are what was written.

Format: docs/storage-format.md. Nothing of a head is used before it was checked.
"""

from __future__ import annotations

from typing import Any, Final

from ingenious_storage import jsondata, marks
from ingenious_storage.documents.format import packed
from ingenious_storage.documents.format.encoding import JSON, encoding_of
from ingenious_storage.documents.format.fields import check_head
from ingenious_storage.documents.format.head import DATA_MARK, FORMAT, OPENING, Head, digest
from ingenious_storage.errors import CorruptObjectError, UnsupportedFormatError

MAX_UNPACKED_BYTES: Final = 1024**3
"""Of a packed head, where nobody says less."""
_OPENING_LENGTH: Final = len(OPENING % b"") + 64


def parse_head(
    raw: bytes,
    *,
    key: str,
    etag: str | None,
    checked: bool = True,
    limit: int = MAX_UNPACKED_BYTES,
) -> Head:
    """Read and check a head; without `checked`, all but the SHA-256 of its fields.

    Args:
        limit: bytes of a packed head when it is unpacked.

    Raises: CorruptObjectError when it is not what was written under `key`;
    UnsupportedFormatError for a newer format or an encoding that is not known; ConfigurationError
    for what a layer has encoded that is off.
    """
    if packed.is_packed(raw):
        return _parse_packed(raw, key, etag, limit)
    try:
        fields = jsondata.loads(raw, key=key)
    except CorruptObjectError as error:
        raise marks.undecoded(raw, key) or error from None
    check_format(fields, FORMAT, key)
    try:
        del fields["data"]
        _check_fields(fields, key)
        # The last field, up to the closing brace: the bytes themselves, as the SHA-256 has them.
        start = len(raw) - 1 - fields["recent"][-1]["size"]
        data = raw[start:-1]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CorruptObjectError(f"not a document: {error}", key=key) from None
    if not raw.endswith(DATA_MARK, 0, start) or digest(data) != fields["recent"][-1]["sha256"]:
        raise CorruptObjectError("the data does not match its SHA-256", key=key)
    if checked and not _fields_are_whole(raw, start):
        raise CorruptObjectError("the fields do not match their SHA-256", key=key)
    fields.pop("sha256", None)
    return Head(fields, data, etag)


def _parse_packed(raw: bytes, key: str, etag: str | None, limit: int) -> Head:
    fields, data = packed.unpack(raw, key=key, limit=limit)
    check_format(fields, FORMAT, key)
    try:
        _check_fields(fields, key)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CorruptObjectError(f"not a document: {error}", key=key) from None
    encoding_of(fields.get("encoding", JSON.name), key=key)
    newest = fields["recent"][-1]
    if len(data) != newest["size"] or digest(data) != newest["sha256"]:
        raise CorruptObjectError("the data does not match its SHA-256", key=key)
    return Head(fields, data, etag)


def _check_fields(fields: Any, key: str) -> None:
    if fields["key"] != key:
        raise CorruptObjectError("this record was moved here from another key", key=key)
    check_head(fields)


def _fields_are_whole(raw: bytes, data_start: int) -> bool:
    """Also when no SHA-256 stands there: the first builds of 0.1.0 wrote none."""
    if raw[_OPENING_LENGTH - 1 : _OPENING_LENGTH] != b"\n":
        return True
    covered = digest(raw[_OPENING_LENGTH:data_start])
    return raw.startswith(OPENING % covered.encode())


def check_format(fields: Any, known: str, key: str) -> None:
    """Raises: CorruptObjectError, UnsupportedFormatError."""
    found = fields.get("format") if isinstance(fields, dict) else None
    if found == known:
        return
    family = known.rpartition("/")[0] + "/"
    if isinstance(found, str) and found.startswith(family):
        raise UnsupportedFormatError(f"format {found!r}, this release reads {known!r}", key=key)
    raise CorruptObjectError(f"this is no {known!r} record", key=key)
