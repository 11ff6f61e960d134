"""Sharded backend: one container whose blobs lie in containers of the same name in several stores.

What each call promises: those of one key are calls to the shard that the key's document lies in,
and promise what that store does, conditions included. A listing asks all shards and is in order;
when one of them does not answer it fails, and never comes out short. Nothing is promised across two
keys of different documents, as nothing is in one store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import BinaryIO, Final, TypeVar

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.limits import tightest
from ingenious_storage.backends.sharded.layout import Layout
from ingenious_storage.backends.sharded.listing import Asked, MergedListing
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.backends.sharded.record import KEY, LayoutRecord
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidDataError,
    InvalidKeyError,
    NotFoundError,
    NotModifiedError,
    ObjectTooLargeError,
    StorageError,
)
from ingenious_storage.runtime.parallel import map_all

T = TypeVar("T")
_ANSWERS: Final = (
    NotFoundError,
    NotModifiedError,
    AlreadyExistsError,
    ConflictError,
    InvalidKeyError,
    InvalidDataError,
    ObjectTooLargeError,
)
"""What is true of a key or of its blob, whichever shard says it."""

_ABILITIES: Final = (
    "durable",
    "keeps_properties",
    "lists_sizes",
    "lists_properties",
    "reads_properties",
    "random_access",
)
"""It can what each of its shards can."""


class ShardedBackend(Backend):
    """The shards by their names, each the same container of another store."""

    name = "sharded"

    def __init__(self, shards: Mapping[str, Backend], *, layout: Layout | None = None) -> None:
        self._placement = Placement(shards)
        self._shards = {name: shards[name] for name in self._placement.names}
        self._layout = layout or Layout(self._placement.names)
        self._listing = MergedListing(self._shards, self._placement.find)
        for name, store in shards.items():
            store.shard = name
        every = [*self._shards.values()]
        for ability in _ABILITIES:
            setattr(self, ability, all(getattr(each, ability) for each in every))
        self.ranges_at_once = min(each.ranges_at_once for each in every)
        self.limits = tightest(each.limits for each in every)
        places = (f"{name}={_place(each)}" for name, each in self._shards.items())
        self.place = f"sharded:{','.join(places)}"

    def around_stores(self, wrap: Callable[[Backend], Backend]) -> Backend:
        """Each shard has layers of its own: when one is down, only its requests are retried."""
        wrapped = {name: wrap(store) for name, store in self._shards.items()}
        return ShardedBackend(wrapped, layout=self._layout)

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """Of the shard of the key."""
        return self._of(key, "get", lambda store: store.get(key, options))

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Into the shard of the key, if each of them would take it.

        A key that is too long for one of them could not follow its document into a new layout.
        """
        self._require_fit(key, "put", len(data), options)
        return self._of(key, "put", lambda store: store.put(key, data, options))

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """As `put`."""
        self._require_fit(key, "upload", None, options)
        return self._of(key, "upload", lambda store: store.upload(key, stream, options))

    def head(self, key: str) -> BlobInfo:
        """Of the shard of the key."""
        return self._of(key, "head", lambda store: store.head(key))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """In the shard of the key."""
        self._of(key, "delete", lambda store: store.delete(key, condition=condition))

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """In all shards at the same time, each by its own requests.

        When one cannot be asked this raises, and what lies in the others is gone.
        """
        by_shard: defaultdict[str, list[str]] = defaultdict(list)
        wanted = tuple(keys)
        for key in wanted:
            by_shard[self._shard_of(key, "delete_many")].append(key)

        def one(name: str) -> Mapping[str, StorageError | None]:
            return self._on(name, "delete_many", lambda store: store.delete_many(by_shard[name]))

        found = {key: said for each in self._together(one, by_shard) for key, said in each.items()}
        return {key: found[key] for key in wanted}

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """A page of all shards, merged."""
        asked = Asked(prefix, delimiter, limit, metadata)

        def call(read: Callable[[str], None], names: Iterable[str]) -> None:
            self._together(lambda name: self._on(name, "list", lambda _: read(name)), names)

        return self._listing.page(asked, token, self._shards, call)

    def now(self) -> datetime:
        """The clock that is behind the others.

        By it no blob is older than it is by the clock of its own shard: nothing is deleted early.
        A shard that does not answer is left out: none of its blobs can be looked at either.
        """
        clocks = self._asked(lambda name: self._on(name, "now", lambda store: store.now()))
        times = [each for each in clocks if not isinstance(each, StorageError)]
        errors = [each for each in clocks if isinstance(each, StorageError)]
        for error in errors:
            if not error.retryable or not times:
                raise error
        return min(times)

    def ensure_container(self) -> bool:
        """In each shard, with the record of the layout.

        Raises: ConfigurationError when a shard is of another layout, or has blobs of none.
        """

        made = any(self._together(lambda name: self._named(name, _made), self._shards))
        self._layout.write(self._shards)
        return made

    def container_exists(self) -> bool:
        """Whether each shard has its container and its record.

        Raises: ConfigurationError when some have and others lost them.
        """

        def look(name: str) -> LayoutRecord | None:
            return self._named(name, partial(self._layout.found, name))

        found = dict(zip(self._shards, self._asked(look), strict=True))
        failed = {name: each for name, each in found.items() if isinstance(each, StorageError)}
        for error in failed.values():
            # What health shows of an error is its code and its hint.
            error.hint = f"Of the shards this is about {', '.join(failed)}. {error.hint}"
            raise error
        records = {n: each for n, each in found.items() if not isinstance(each, StorageError)}
        return self._layout.is_whole(records)

    def close(self) -> None:
        """All of them."""
        for store in self._shards.values():
            store.close()

    def _shard_of(self, key: str, operation: str) -> str:
        if key == KEY:
            raise InvalidKeyError(
                f"{KEY!r} is the store's own",
                key=key,
                operation=operation,
                hint="Take another key.",
            )
        return self._placement.shard_of(key)

    def _require_fit(self, key: str, operation: str, size: int | None, options: PutOptions) -> None:
        """Raises: InvalidKeyError, InvalidDataError, ObjectTooLargeError."""
        refusal = self.limits.refusal(key, size, options.properties)
        if refusal is not None:
            refusal.operation = operation
            raise refusal

    def _of(self, key: str, operation: str, call: Callable[[Backend], T]) -> T:
        return self._on(self._shard_of(key, operation), operation, call)

    def _on(self, name: str, operation: str, call: Callable[[Backend], T]) -> T:
        try:
            self._named(name, partial(self._layout.require, name))
        except StorageError as error:
            error.operation = operation
            raise
        return self._named(name, call)

    def _named(self, name: str, call: Callable[[Backend], T]) -> T:
        """An error that is of the shard and not of the key says which shard."""
        try:
            return call(self._shards[name])
        except _ANSWERS:
            raise
        except StorageError as error:
            if f"shard {name}" not in error.message:
                error.message = f"shard {name}: {error.message}"
            raise

    def _together(self, call: Callable[[str], T], names: Iterable[str]) -> Sequence[T]:
        results = self._asked(call, names)
        for each in results:
            if isinstance(each, StorageError):
                raise each
        return [each for each in results if not isinstance(each, StorageError)]

    def _asked(
        self, call: Callable[[str], T], names: Iterable[str] | None = None
    ) -> Sequence[T | StorageError]:
        """The result or error of each shard, asked at the same time."""
        chosen = [*(self._shards if names is None else names)]
        return map_all(call, chosen, workers=len(chosen))


def _place(store: Backend) -> str:
    return store.place or str(store.folder or store.name)


def _made(store: Backend) -> bool:
    # Who may write need not have the right to make one: that is asked for only where it is needed.
    return not store.container_exists() and store.ensure_container()
