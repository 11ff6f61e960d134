"""Records of keys: what is stored of them, wrapped, as small JSON blobs below encryption.

`keys/master/{id}.json` holds a master key that the vault key wrapped. `keys/container.json` names
the master key that wraps new keys, and holds the container's own keys. `keys/documents/{key}`
holds those of one document. Lists have the newest first. docs/storage-format.md shows each.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import orjson

from ingenious_storage import jsondata
from ingenious_storage.errors import CorruptObjectError, UnsupportedFormatError
from ingenious_storage.key_providers.base import Wrapped

T = TypeVar("T")

ROOT: Final = "keys/"
MASTERS: Final = f"{ROOT}master/"
CONTAINER: Final = f"{ROOT}container.json"
DOCUMENTS: Final = f"{ROOT}documents/"
MASTER_FORMAT: Final = "ingenious.master-key/1"
CONTAINER_FORMAT: Final = "ingenious.container-key/1"
DOCUMENT_FORMAT: Final = "ingenious.document-key/1"
_HASHED: Final = re.compile(rf"{DOCUMENTS}[0-9a-f]{{64}}\.sha256")
_MASTER: Final = re.compile("[0-9a-f]{16}")
_LONGEST_NAME: Final = 900
"""Bytes of a document's key that stands in the name as it is: stores take about 1,000."""
_SHOWN: Final = 200
"""Characters of what is wrong that an error shows."""


@dataclass(frozen=True, slots=True)
class MasterRecord:
    """A master key, wrapped by the vault key."""

    id: str
    wrapped: Wrapped
    created_at: datetime

    def encode(self) -> bytes:
        """As it is stored."""
        return orjson.dumps(
            {
                "format": MASTER_FORMAT,
                "id": self.id,
                "wrapped": b64encode(self.wrapped.data).decode(),
                "key_id": self.wrapped.key_id,
                "algorithm": self.wrapped.algorithm,
                "created_at": _text(self.created_at),
            }
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A container key or document key, wrapped by the master key `master`."""

    id: bytes
    wrapped: bytes
    created_at: datetime
    master: str
    after: str | None = None
    """Of a document's key: the ETag of the tombstone over which the document began."""


@dataclass(frozen=True, slots=True)
class ContainerRecord:
    """`master` wraps the keys that are made from now on; `keys` are the container's own.

    `ids`: that of them which hides the ids of conversations; None where everybody may read these.
    """

    master: str
    keys: tuple[Entry, ...]
    ids: bytes | None = None

    def encode(self) -> bytes:
        """As it is stored."""
        record = {"format": CONTAINER_FORMAT, "master": self.master}
        ids = {} if self.ids is None else {"ids": self.ids.hex()}
        return orjson.dumps({**record, **ids, "keys": _encoded(self.keys)})


def encode_document(keys: Sequence[Entry]) -> bytes:
    """The record of a document's keys, as it is stored."""
    return orjson.dumps({"format": DOCUMENT_FORMAT, "keys": _encoded(keys)})


def master_name(master: str) -> str:
    """The blob of a master key's record."""
    return f"{MASTERS}{master}.json"


def master_of(name: str) -> str:
    """The id of a master key, by the blob of its record."""
    return name.removeprefix(MASTERS).removesuffix(".json")


def document_name(document: str) -> str:
    """The blob of the record of a document's keys; of a long key it has a hash only."""
    encoded = document.encode()
    if len(encoded) <= _LONGEST_NAME:
        return DOCUMENTS + document
    return f"{DOCUMENTS}{hashlib.sha256(encoded).hexdigest()}.sha256"


def document_of(name: str) -> str | None:
    """The document of a record's blob; None where the name has a hash of it only."""
    return None if _HASHED.fullmatch(name) else name.removeprefix(DOCUMENTS)


def parse_master(data: bytes, master: str) -> MasterRecord:
    """Raises: CorruptObjectError, UnsupportedFormatError."""
    name = master_name(master)

    def made(record: Any) -> MasterRecord:
        if record["id"] != master:
            raise ValueError("it was moved here from another name")
        data = b64decode(record["wrapped"], validate=True)
        wrapped = Wrapped(data, _word(record["key_id"]), _word(record["algorithm"]))
        return MasterRecord(master, wrapped, _time(record["created_at"]))

    return _parsed(data, MASTER_FORMAT, name, made)


def parse_container(data: bytes) -> ContainerRecord:
    """Raises: CorruptObjectError, UnsupportedFormatError."""

    def made(record: Any) -> ContainerRecord:
        keys = _entries(record)
        if not keys:
            raise ValueError("it holds no key")
        ids = record.get("ids")
        return ContainerRecord(
            _master(record["master"]), keys, None if ids is None else _id_among(keys, ids)
        )

    return _parsed(data, CONTAINER_FORMAT, CONTAINER, made)


def parse_document(data: bytes, document: str) -> tuple[Entry, ...]:
    """The keys of a document, newest first; none when all were destroyed.

    Raises: CorruptObjectError, UnsupportedFormatError.
    """
    return _parsed(data, DOCUMENT_FORMAT, document_name(document), _entries)


def _parsed(data: bytes, form: str, name: str, made: Callable[[Any], T]) -> T:
    record = jsondata.loads(data, key=name)
    if not isinstance(record, dict) or not isinstance(record.get("format"), str):
        raise CorruptObjectError("not a record of keys", key=name, operation="get")
    if record["format"] != form:
        kind = form.partition("/")[0]
        message = f"a record of the format {record['format'][:_SHOWN]!r}, where {form} belongs"
        of_kind = record["format"].startswith(f"{kind}/")
        raise (UnsupportedFormatError if of_kind else CorruptObjectError)(message, key=name)
    try:
        return made(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"not a record of keys: {error}"[:_SHOWN]
    raise CorruptObjectError(problem, key=name)


def _encoded(entries: Sequence[Entry]) -> list[dict[str, str]]:
    return [
        {
            "id": entry.id.hex(),
            "wrapped": b64encode(entry.wrapped).decode(),
            "created_at": _text(entry.created_at),
            "master": entry.master,
            **({} if entry.after is None else {"after": entry.after}),
        }
        for entry in entries
    ]


def _entries(record: Any) -> tuple[Entry, ...]:
    if not isinstance(record["keys"], list):
        raise TypeError("its keys are no list")
    entries = tuple(_entry(each) for each in record["keys"])
    if len({entry.id for entry in entries}) < len(entries):
        raise ValueError("it holds one id twice")
    return entries


def _id_among(keys: Sequence[Entry], text: str) -> bytes:
    found = bytes.fromhex(text)
    if found not in {entry.id for entry in keys}:
        raise ValueError("it names a key that it does not hold")
    return found


def _entry(record: Any) -> Entry:
    key_id, after = bytes.fromhex(record["id"]), record.get("after")
    if len(key_id) != 16 or not (after is None or isinstance(after, str)):
        raise ValueError("a key has another form")
    wrapped = b64decode(record["wrapped"], validate=True)
    return Entry(key_id, wrapped, _time(record["created_at"]), _master(record["master"]), after)


def _master(value: Any) -> str:
    # It becomes part of a name.
    if not _MASTER.fullmatch(_word(value)):
        raise ValueError("the id of a master key has another form")
    return str(value)


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a field is no text")
    return value


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.utcoffset() != timedelta(0):
        raise ValueError("a time that is not UTC")
    return time
