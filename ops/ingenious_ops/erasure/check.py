"""The check of a receipt: what it says is erased is not there, and no copy of it can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from ingenious_ops.erasure import receipt
from ingenious_storage import FileStorage, Storage
from ingenious_storage.backends.base import Lineage
from ingenious_storage.errors import (
    AuthenticationError,
    ConfigurationError,
    CorruptObjectError,
    KeyDestroyedError,
    KeyUnavailableError,
    NotEncryptedError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.runtime.parallel import map_stream

_HISTORY: Final = "history/"
_ROOTS: Final = ("conversations", "history", "keys", "deleted")
_KEYS: Final[Mapping[str, Sequence[str]]] = {
    "the records of keys in the copy": (),
    "the record of the document's keys in the copy and the other keys of now": (
        "keys/container.json",
        "keys/master/",
    ),
    "the keys of now": ("keys/",),
}
_NO_ANSWER: Final = (KeyUnavailableError, AuthenticationError, ConfigurationError)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that can be read, or of which nobody could say that it cannot."""

    key: str
    """Of the blob, or of the document."""
    where: str
    """ "store" or "copy"."""
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    documents: int
    blobs: int
    """Of the copy, that were tried."""
    problems: tuple[Problem, ...]
    remade: tuple[str, ...]
    """Keys at which another document has begun since."""


def check(storage: Storage, content: Mapping[str, Any], copy: Path | None = None) -> Checked:
    """Compare a receipt with the store, and with a held copy of the container.

    Raises: ConfigurationError for a receipt of another container, or a folder that is no copy;
    what the store answers, and who keeps the keys.
    """
    _check_place(storage, content)
    documents = [entry for entry in content["documents"] if entry["status"] != "kept"]
    look = partial(_look, storage)
    workers = storage.memory.documents.readers
    problems, remade = list[Problem](), list[str]()
    for found, again in map_stream(look, documents, workers=workers):
        problems += found
        remade += again
    blobs = 0
    if copy is not None:
        folder = _folder_of(storage, copy)
        for tried, found in map_stream(partial(_try, storage, folder), documents, workers=workers):
            blobs += tried
            problems += found
    return Checked(len(documents), blobs, tuple(problems), tuple(remade))


def _check_place(storage: Storage, content: Mapping[str, Any]) -> None:
    here = receipt.place_of(storage)
    if content["place"] != here:
        raise ConfigurationError(
            f"this receipt is of {content['place']}, and the storage is {here}",
            hint="Choose the profile that the erasure was made with.",
        )
    if content["encrypted"] and not storage.settings.storage.encryption.is_on:
        raise ConfigurationError(
            "this receipt is of an encrypted container, and encryption is off",
            hint="Choose the profile that the erasure was made with.",
        )


def _look(storage: Storage, entry: Mapping[str, Any]) -> tuple[list[Problem], list[str]]:
    """What the store still has of a document, and whether another is there."""
    key, found = entry["key"], list[Problem]()
    if entry["status"] == "failed":
        found.append(Problem(key, "store", f"it was not erased: {entry['detail']}"))
    try:
        head = storage.memory.documents.head(key)
        other = False
        if head is not None and not head.purged:
            other = _is_another(head.origin, entry, over_a_tombstone=bool(head.purges))
            if not other:
                found.append(Problem(key, "store", "a document is there"))
    except (CorruptObjectError, UnsupportedFormatError) as error:
        found.append(Problem(key, "store", f"a document is there: {error.message}"))
        other = False
    found += _segments(storage, entry, other=other)
    return [*found, *_keys(storage, entry)], [key] if other else []


def _keys(storage: Storage, entry: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        held = storage.data.document_keys(entry["key"]) or {}
    except (CorruptObjectError, UnsupportedFormatError) as error:
        yield Problem(entry["key"], "store", f"a record of its keys is there: {error.message}")
        return
    for each in entry["keys"] or ():
        if each in held:
            yield Problem(entry["key"], "store", f"the record of its keys still holds {each}")


def _is_another(origin: str | None, entry: Mapping[str, Any], *, over_a_tombstone: bool) -> bool:
    """Whether the document with this origin began after the erasure."""
    if entry["origin"] is not None:
        return bool(origin != entry["origin"])
    return entry["status"] == "gone" or over_a_tombstone


def _segments(storage: Storage, entry: Mapping[str, Any], *, other: bool) -> Iterator[Problem]:
    reader = storage.memory.documents.reader
    for newest, info in reader.stored(entry["key"]).items():
        if other:
            try:
                if reader.segment(entry["key"], newest).origin != entry["origin"]:
                    continue  # of the document that is there now
            except StorageError:
                continue  # nobody can read it, or it went meanwhile
        yield Problem(info.key, "store", "a segment of its history is there")


def _folder_of(storage: Storage, copy: Path) -> Path:
    """The folder with the blobs of the container: the one that was given, or one inside of it."""
    name = storage.settings.storage.container_data
    for folder in (copy, copy / name):
        if any((folder / root).is_dir() for root in _ROOTS):
            return folder
    raise ConfigurationError(
        f"{copy} holds no copy of the container {name}",
        hint="Give the folder that has `conversations` in it.",
    )


def _try(storage: Storage, folder: Path, entry: Mapping[str, Any]) -> tuple[int, list[Problem]]:
    """Try each blob of a document in the copy, with the records of keys there and of now."""
    problems, tried = dict[str, Problem](), set[str]()
    for keys, of_now in _KEYS.items():
        files = storage.containers.copy("data", folder, of_now=of_now)
        with closing(files):
            for key in _blobs(files, entry["key"]):
                reason = _opened(storage, files, key)
                if reason is None:
                    continue
                tried.add(key)
                if reason:
                    problems.setdefault(key, Problem(key, "copy", f"{reason}, with {keys}"))
    return len(tried), list(problems.values())


def _blobs(files: FileStorage, document: str) -> Iterable[str]:
    yield document
    yield from files.list_keys(f"{_HISTORY}{document}/")


def _opened(storage: Storage, files: FileStorage, key: str) -> str | None:
    """Why it counts as readable; "" when it cannot be, None when the copy does not have it, or has
    only what the erasure left there.

    Raises: what says that nobody could try.
    """
    try:
        data = files.load_bytes(key)
    except NotFoundError:
        return None
    except KeyDestroyedError:
        return ""
    except NotEncryptedError:
        return "it is not encrypted"
    except _NO_ANSWER:
        raise
    except StorageError as error:
        return f"it was not opened, but its key was not what was missing ({error.code})"
    return None if storage.keys.lineage("data", key, data) is Lineage.ENDS else "it can be read"
