"""Snapshot: the rows of one container, published in that container for new machines to begin with.

It holds what is in that container and nothing of the other one: whoever may read the snapshot may
read the documents. It is no SQLite file, which a reader would have to trust, but lines of JSON in
a zstd frame: a header, a row a line, and a trailer with the number of rows and the SHA-256 of all
lines before. It is checked whole before the first row is taken, and then each row only counts as
long as its ETag is that of the store.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

import orjson
import zstandard as zstd

from ingenious_storage.backends.base import BINARY, BlobInfo, IfAbsent, IfMatch, PutOptions
from ingenious_storage.catalogue.index import schema
from ingenious_storage.catalogue.records import Row
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    ContainerNotFoundError,
    CorruptObjectError,
    NotFoundError,
    UnsupportedFormatError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.keys import SNAPSHOTS

KEY: Final = f"{SNAPSHOTS}.jsonl.zst"
FORMAT: Final = "ingenious.catalogue/1"
_LEVEL: Final = 3
_LONGEST: Final = 8
"""Times a line may be as long as the largest document, which JSON may escape."""
_NOTES: Final = 16 * 1024 * 1024
"""Bytes of a line besides its text."""


@dataclass(frozen=True, slots=True)
class Trailer:
    """The last line."""

    documents: int
    sha256: str


def write(file: BinaryIO, rows: Iterable[Row], *, synced_at: datetime) -> int:
    """Write a snapshot to `file`: how many rows it has."""
    compressor = zstd.ZstdCompressor(level=_LEVEL, write_checksum=True)
    digest, number = hashlib.sha256(), 0
    with compressor.stream_writer(file, closefd=False) as out:

        def line(record: Any) -> None:
            text = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
            digest.update(text)
            out.write(text)

        line({"format": FORMAT, "rows": schema.VERSION, "synced_at": synced_at})
        for row in rows:
            line(row)
            number += 1
        line(Trailer(number, digest.hexdigest()))
    return number


def read(file: BinaryIO, *, largest: int, fits: Callable[[Row], bool]) -> Iterator[Row]:
    """The rows of a snapshot from its beginning, each checked, and at the end all of them.

    Args:
        largest: bytes of a document.
        fits: whether a row can be of this container.

    Raises: CorruptObjectError; UnsupportedFormatError when another release wrote it.
    """
    try:
        yield from _rows(_lines(file, _LONGEST * largest + _NOTES), fits)
    except (zstd.ZstdError, ValueError, TypeError, KeyError) as error:
        # Not its message, which may quote what is in a row.
        raise CorruptObjectError(
            f"the snapshot is damaged: {type(error).__name__}", key=KEY
        ) from None


def _rows(lines: Iterator[bytes], fits: Callable[[Row], bool]) -> Iterator[Row]:
    digest, number = hashlib.sha256(), 0
    header = next(lines, b"")
    _check_header(header)
    digest.update(header)
    last, is_row = next(lines, b""), _row_of()
    for following in lines:
        row = is_row(last)
        if row.changed.tzinfo is None or not fits(row):
            raise ValueError("a row does not belong here")
        yield row
        digest.update(last)
        number += 1
        last = following
    if orjson.loads(last) != {"documents": number, "sha256": digest.hexdigest()}:
        raise ValueError("its end is missing")


def _check_header(line: bytes) -> None:
    header = orjson.loads(line)
    if header["format"] != FORMAT or header["rows"] != schema.VERSION:
        raise UnsupportedFormatError("another release wrote this snapshot", key=KEY)


@cache
def _row_of() -> Callable[[bytes], Row]:
    from pydantic import TypeAdapter  # noqa: PLC0415  # making it takes a while

    return TypeAdapter(Row).validate_json


def _lines(file: BinaryIO, longest: int) -> Iterator[bytes]:
    with zstd.ZstdDecompressor().stream_reader(file, closefd=False) as raw:
        lines = io.BufferedReader(cast("io.RawIOBase", raw), 1024 * 1024)
        while line := lines.readline(longest):
            if not line.endswith(b"\n"):
                raise ValueError("a line has no end")
            yield line


@contextmanager
def scratch(beside: Path) -> Iterator[IO[bytes]]:
    """A file without a name, on the disk of `beside`: nothing is left of it whatever happens."""
    beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=beside.parent) as file:
        yield file


def fetch(files: FileStorage, file: BinaryIO) -> bool:
    """Copy what is published to `file`; False when there is none.

    Raises: ConflictError when it was replaced meanwhile; the errors of the store.
    """
    try:
        with files.backend.open_read(KEY) as published:
            shutil.copyfileobj(published, file)
    except (NotFoundError, ContainerNotFoundError):
        return False
    file.seek(0)
    return True


def published(files: FileStorage) -> BlobInfo | None:
    """What lies there now; None for nothing."""
    try:
        return files.blob_info(KEY)
    except NotFoundError:
        return None


def put(files: FileStorage, file: BinaryIO, before: BlobInfo | None) -> BlobInfo:
    """Publish `file` in place of what was there `before`.

    Raises: ConflictError when somebody else published, or erased, meanwhile.
    """
    condition = IfAbsent() if before is None else IfMatch(before.etag)
    try:
        return files.backend.upload(KEY, file, PutOptions(BINARY, condition=condition))
    except (AlreadyExistsError, ConflictError, NotFoundError) as error:
        raise ConflictError(
            "another snapshot was published, or taken away, meanwhile",
            key=KEY,
            hint="Look at it, or publish again.",
            outcome_unknown=error.outcome_unknown,
        ) from error


def withdraw(files: FileStorage) -> tuple[str, ...]:
    """Delete all that is published, of other releases too: its keys. Raises: the first error."""
    try:
        keys = tuple(files.list_keys(SNAPSHOTS))
    except ContainerNotFoundError:
        return ()
    for error in (files.delete_many(keys) if keys else {}).values():
        if error is not None:
            raise error
    return keys
