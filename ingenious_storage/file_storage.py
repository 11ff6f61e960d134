"""File storage: text, JSON and bytes by key, in one container. For people, and for documents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

from ingenious_storage import jsondata, marks, telemetry
from ingenious_storage.arguments import keys_of
from ingenious_storage.backends.base import (
    BINARY,
    GET_DEFAULTS,
    JSON,
    MAX_PAGE,
    NO_PROPERTIES,
    TEXT,
    Backend,
    Blob,
    BlobInfo,
    Condition,
    DocumentKey,
    GetOptions,
    IfMatch,
    Lineage,
    Page,
    Properties,
    PutOptions,
)
from ingenious_storage.errors import (
    ConfigurationError,
    ContainerNotFoundError,
    CorruptObjectError,
    InvalidDataError,
    NotFoundError,
    StorageError,
)
from ingenious_storage.jsondata import Json
from ingenious_storage.keys import validate_container, validate_key, validate_prefix
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

T = TypeVar("T")


class FileStorage(Unpickled):
    """One container. Keys are checked before any I/O (InvalidKeyError). Thread-safe.

    Args:
        backend: a stack of layers around a store.
        auto_create: make a missing container on first use, at most once per object.
        open_container: gives the backend of another container, for `container_exists(name)`.
        role: "data" or "revisions", for telemetry; never the container's real name.
        hides_ids: gives the segment of an id that only who has the keys may read; None: it is
            encoded, and everybody may.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        auto_create: bool = True,
        open_container: Callable[[str], Backend] | None = None,
        role: str = "data",
        hides_ids: Callable[[str], str] | None = None,
    ) -> None:
        self.backend, self.role = backend, role
        self.hides_ids = None if hides_ids is None else partial(self._hidden, hides_ids)
        self.auto_create, self._created = auto_create, False
        self._open_container = open_container
        self._lock = forks.new_lock()

    def save_bytes(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str = BINARY,
        condition: Condition | None = None,
        properties: Properties = NO_PROPERTIES,
        lineage: Lineage = Lineage.CONTINUES,
        after: str | None = None,
    ) -> BlobInfo:
        """Write a blob whole.

        Without `condition` the last writer wins, and a request whose answer was lost is sent
        again: it then wins over what somebody else wrote between the two. With one nothing of
        others is ever replaced; should an answer be lost, the error has `outcome_unknown` set,
        and what is there may be this call's own write: load it and compare.

        Raises: AlreadyExistsError, ConflictError (by `condition`).
        """
        validate_key(key)
        options = PutOptions(content_type, properties, condition, lineage, after)
        return self._ready(lambda: self.backend.put(key, data, options))

    def save_text(self, key: str, text: str, *, condition: Condition | None = None) -> BlobInfo:
        """`save_bytes` of the UTF-8 of `text`. Raises: InvalidDataError for lone surrogates."""
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise InvalidDataError(f"lone surrogate at character {error.start}") from None
        return self.save_bytes(key, data, content_type=TEXT, condition=condition)

    def save_json(self, key: str, value: Json, *, condition: Condition | None = None) -> BlobInfo:
        """`save_bytes` of `value`. Raises: InvalidDataError for what is not plain JSON."""
        return self.save_bytes(key, jsondata.dumps(value), content_type=JSON, condition=condition)

    def load_blob(self, key: str, *, if_none_match: str | None = None, fresh: bool = False) -> Blob:
        """Data with its BlobInfo; `fresh`: as the store has it now, whatever a layer remembers.

        Raises: NotFoundError, NotModifiedError (by `if_none_match`).
        """
        validate_key(key)
        plain = if_none_match is None and not fresh
        options = GET_DEFAULTS if plain else GetOptions(None, if_none_match, fresh)
        return self._ready(lambda: self.backend.get(key, options))

    def load_bytes(self, key: str) -> bytes:
        """The data of a blob. Raises: NotFoundError."""
        return self.load_blob(key).data

    def load_text(self, key: str) -> str:
        """Raises: NotFoundError; CorruptObjectError when it is not UTF-8."""
        data = self.load_bytes(key)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            if off := marks.undecoded(data, key):
                raise off from None
            corrupt = CorruptObjectError(f"not UTF-8 at byte {error.start}", key=key)
            telemetry.corrupt_object_met(corrupt, self.role)
            raise corrupt from None

    def load_json(self, key: str) -> Json:
        """Raises: NotFoundError; CorruptObjectError when it is not JSON."""
        data = self.load_bytes(key)
        try:
            return jsondata.loads(data, key=key)
        except CorruptObjectError as error:
            if off := marks.undecoded(data, key):
                raise off from None
            telemetry.corrupt_object_met(error, self.role)
            raise

    def blob_info(self, key: str) -> BlobInfo:
        """What is known of a blob without its data, by one request. Raises: NotFoundError."""
        validate_key(key)
        return self._ready(lambda: self.backend.head(key))

    def exists(self, key: str) -> bool:
        """Whether there is such a blob, by one request."""
        try:
            self.blob_info(key)
        except NotFoundError:
            return False
        return True

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Delete a blob; without `condition` whatever is there, as often as it has to be sent.

        So a lost answer can also delete what somebody else wrote since, and NotFoundError with
        `outcome_unknown` set means that an earlier try of this call may have deleted it.

        Raises: NotFoundError, ConflictError (by `condition`).
        """
        validate_key(key)
        self._ready(lambda: self.backend.delete(key, condition=condition))

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """Delete each key as `delete` does without a condition; None for what is gone.

        Missing is fine.
        """
        given = keys_of(keys, what="keys", such_as='["folder/file.json"]')
        wanted = [validate_key(key) for key in given]
        return self._ready(lambda: self.backend.delete_many(wanted))

    def list_keys(self, prefix: str = "") -> Iterator[str]:
        """Keys below `prefix` in lexicographic order, fetched page by page."""
        return (info.key for info in self.list_blobs(prefix))

    def list_blobs(self, prefix: str = "") -> Iterator[BlobInfo]:
        """BlobInfos below `prefix` in the order of their keys, fetched page by page."""
        validate_prefix(prefix)
        token: str | None = None
        while True:
            page = self.list_page(prefix, token=token)
            yield from page.blobs
            token = page.token
            if token is None:
                return

    def list_page(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
    ) -> Page:
        """One page of `list_blobs`, from where the `token` of the page before says.

        `delimiter`: keys that have it behind `prefix` are one of `prefixes`, up to it.
        """
        validate_prefix(prefix)
        list_some = partial(self.backend.list, prefix, token=token, limit=limit)
        return self._ready(lambda: list_some(delimiter=delimiter))

    def is_folder_marker(self, info: BlobInfo) -> bool:
        """Whether a blob of a listing stands for a folder; asks for its metadata if it is empty."""
        if info.size:
            return False
        try:
            return self.load_blob(info.key).info.is_folder_marker
        except NotFoundError:
            return False

    def document_keys(self, key: str) -> Mapping[str, DocumentKey] | None:
        """The keys of one document by their ids; None where nothing is encrypted."""
        return self.backend.document_keys(validate_key(key))

    def destroy_keys(self, key: str, ids: Collection[str]) -> None:
        """Make what they sealed unreadable for good; missing is fine."""
        self.backend.destroy_keys(validate_key(key), ids)

    def keyed_documents(self, prefix: str = "") -> Iterator[BlobInfo]:
        """The documents that have keys; size and time are of the keys' own record."""
        return self.backend.keyed_documents(validate_prefix(prefix))

    def now(self) -> datetime:
        """The store's own clock, for comparisons with `last_modified`; at least in seconds."""
        return self._ready(self.backend.now)

    def container_exists(self, name: str | None = None) -> bool:
        """Whether this container exists, or another of the same store by its `name`."""
        if name is None:
            return self.backend.container_exists()
        validate_container(name)
        if self._open_container is None:
            raise ConfigurationError("this storage knows one container only")
        return self._open_container(name).container_exists()

    def ensure_container(self) -> bool:
        """Create the container if it is missing; True when this call made it."""
        return self.backend.ensure_container()

    def close(self) -> None:
        """Give the client back; more than once is fine."""
        self.backend.close()

    def _hidden(self, hides: Callable[[str], str], text: str) -> str:
        return self._ready(lambda: hides(text))

    def _ready(self, call: Callable[[], T]) -> T:
        """Run `call`; when it shows that the container is missing, make it once and run again."""
        try:
            return call()
        except ContainerNotFoundError:
            if not self.auto_create:
                raise
            with self._lock:
                if not self._created:
                    self.backend.ensure_container()
                    self._created = True
        return call()
