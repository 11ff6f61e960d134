"""A store in one SQLite file: what another distribution writes to bring a store."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, ClassVar
from uuid import uuid4

from pydantic import SecretStr

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfAbsent,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.registry import Store, StoreCheck
from ingenious_storage.config import StorageSettings, StoreSettings
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
    NotModifiedError,
    StorageError,
    UnavailableError,
)

_TABLES = """
CREATE TABLE IF NOT EXISTS containers(name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS blobs(
    container TEXT, key TEXT, etag TEXT, modified TEXT, data BLOB, PRIMARY KEY(container, key)
) WITHOUT ROWID;
"""
_FIND = "SELECT key, etag, modified, length(data) FROM blobs WHERE container = ?"
Row = tuple[str, str, str, int]


class SqliteSettings(StoreSettings):
    """`storage.sqlite:`."""

    place_key: ClassVar[str] = "path"

    path: Path
    password: SecretStr | None = None

    def place(self) -> str:
        return str(self.path)

    def check(self) -> None:
        if self.path.suffix != ".db":
            raise ConfigurationError("storage.sqlite.path is no file of SQLite", hint="NAME.db")


class SqliteBackend(Backend):
    """One container in the file `path`; `timeout`, in seconds, bounds the wait for its lock."""

    name = "sqlite"
    keeps_properties = False

    def __init__(self, path: Path, container: str, *, timeout: float = 30.0) -> None:
        self.place = f"sqlite:{path.absolute()}#{container}"
        self._path, self._container, self._timeout = path.absolute(), container, timeout

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        with self._open("get") as db:
            info = self._find(db, key, "get")
            if info.etag == options.if_none_match:
                raise NotModifiedError("it has not changed", key=key, operation="get")
            query = "SELECT data FROM blobs WHERE container = ? AND key = ?"
            [data] = db.execute(query, (self._container, key)).fetchone()
        offset, length = options.byte_range or (0, None)
        return Blob(data[offset : None if length is None else offset + length], info)

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        return self._write("put", key, data, options)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        return self._write("upload", key, stream.read(), options)

    def head(self, key: str) -> BlobInfo:
        with self._open("head") as db:
            return self._find(db, key, "head")

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        with self._open("delete", write=True) as db:
            info = self._find(db, key, "delete")
            if condition is not None and condition.etag != info.etag:
                raise ConflictError("it has changed", key=key, operation="delete")
            self._remove(db, key)

    def delete_many(self, keys: Iterable[str]) -> dict[str, StorageError | None]:
        with self._open("delete_many", write=True) as db:
            gone: dict[str, StorageError | None] = dict.fromkeys(keys)
            for key in gone:
                self._remove(db, key)
            return gone

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        found: dict[str, BlobInfo | None] = {}
        with self._open("list") as db:
            for row in db.execute(f"{_FIND} ORDER BY key", (self._container,)):
                if row[0].startswith(prefix):
                    head, deeper, _ = row[0][len(prefix) :].partition(delimiter or "\0")
                    found[prefix + head + deeper] = None if deeper else _info(row)
        names = [*found]
        start = 0 if token is None else bisect_right(names, token)
        chosen = names[start : start + limit]
        return Page(
            tuple(info for name in chosen if (info := found[name]) is not None),
            tuple(name for name in chosen if found[name] is None),
            chosen[-1] if chosen and start + limit < len(names) else None,
        )

    def ensure_container(self) -> bool:
        with closing(self._connect("rwc")) as db:
            db.executescript(_TABLES)
            query = "INSERT OR IGNORE INTO containers VALUES (?)"
            return db.execute(query, (self._container,)).rowcount == 1

    def container_exists(self) -> bool:
        try:
            with self._open("container_exists"):
                return True
        except ContainerNotFoundError:
            return False

    def close(self) -> None:
        """Nothing is held between calls."""

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"{self._path.as_uri()}?mode={mode}"
        db = sqlite3.connect(address, uri=True, timeout=self._timeout, isolation_level=None)
        db.execute("PRAGMA synchronous = OFF")  # no test cuts the power
        return db

    @contextmanager
    def _open(self, operation: str, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            raise ContainerNotFoundError(f"{self._path} is not there", operation=operation)
        try:
            with closing(self._connect("rw")) as db:
                db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                query = "SELECT 1 FROM containers WHERE name = ?"
                if db.execute(query, (self._container,)).fetchone() is None:
                    raise ContainerNotFoundError("no such container", operation=operation)
                yield db
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise UnavailableError(str(error), operation=operation) from error

    def _find(self, db: sqlite3.Connection, key: str, operation: str) -> BlobInfo:
        row = db.execute(f"{_FIND} AND key = ?", (self._container, key)).fetchone()
        if row is None:
            raise NotFoundError(f"no blob {key!r}", key=key, operation=operation)
        return _info(row)

    def _remove(self, db: sqlite3.Connection, key: str) -> None:
        db.execute("DELETE FROM blobs WHERE container = ? AND key = ?", (self._container, key))

    def _write(self, operation: str, key: str, data: bytes, options: PutOptions) -> BlobInfo:
        condition = options.condition
        with self._open(operation, write=True) as db:
            try:
                old: BlobInfo | None = self._find(db, key, operation)
            except NotFoundError:
                old = None
            if isinstance(condition, IfAbsent) and old is not None:
                raise AlreadyExistsError("it exists", key=key, operation=operation)
            if isinstance(condition, IfMatch) and (old is None or old.etag != condition.etag):
                raise ConflictError("it has changed", key=key, operation=operation)
            row = (self._container, key, uuid4().hex, datetime.now(UTC).isoformat(), data)
            db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?)", row)
        return _info((*row[1:4], len(data)))


def _info(row: Row) -> BlobInfo:
    key, etag, modified, size = row
    return BlobInfo(key, etag, size, datetime.fromisoformat(modified))


def _open(settings: StorageSettings, container: str) -> Backend:
    path = settings.section(SqliteSettings).path
    return SqliteBackend(path, container, timeout=settings.timeout)


def _library(_settings: StorageSettings) -> str:
    return f"SQLite {sqlite3.sqlite_version}"


STORE = Store(SqliteSettings, _open, checks=(StoreCheck("library", "library", _library),))
