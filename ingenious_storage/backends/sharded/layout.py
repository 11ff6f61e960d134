"""Layout: proof that the shards of the configuration are those that the data was placed by.

Each shard is asked for its record before it is used for the first time in a process. The record has
the names of all shards, so each of them alone shows a wrong list, and no byte is written by one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from ingenious_storage.backends.base import JSON, Backend, IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.sharded.record import KEY, LayoutRecord, parse
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
)
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

_MIGRATE = (
    "Shards are added and removed by a copy into a new layout: `ingenious-storage explain scale` "
    "has the steps."
)


class Layout(Unpickled):
    """What is known of the records of one container's shards."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names, self._lock = names, forks.new_lock()
        self._known: dict[str, str] = {}
        """The layout that each shard said it is of."""

    def require(self, name: str, store: Backend) -> None:
        """Ask the shard for its record, once.

        Raises: ConfigurationError when it is one of another layout; ContainerNotFoundError when it
            has none.
        """
        if name not in self._known:
            record = self._read(name, store)
            if record is None:
                raise _unset(name)
            self._learn(record)

    def found(self, name: str, store: Backend) -> LayoutRecord | None:
        """The record of a shard, checked; None without a container or without a record."""
        try:
            record = self._read(name, store)
        except ContainerNotFoundError:
            return None
        if record is not None:
            self._learn(record)
        return record

    def is_whole(self, records: Mapping[str, LayoutRecord | None]) -> bool:
        """Whether each shard has its record; False when none has, or not all have it yet.

        Raises: ConfigurationError when a shard lost what it had.
        """
        missing = [name for name in self.names if records[name] is None]
        first = records[self.names[0]]
        if missing and ((first is not None and first.complete) or self.names[0] in missing):
            have = [name for name in self.names if name not in missing]
            if have:
                raise ConfigurationError(
                    f"shard {missing[0]} has no record of its layout, and shard {have[0]} has: "
                    "the container was emptied, or it is another one",
                    hint="Correct where this shard is, or restore its container.",
                )
        return not missing

    def write(self, stores: Mapping[str, Backend]) -> None:
        """Give each shard that has none its record, the first one first.

        Two that do it at the same time agree: the record that is in the first shard decides.

        Raises: ConfigurationError when a shard without a record is not empty.
        """
        records = {name: self.found(name, stores[name]) for name in self.names}
        first = self.names[0]
        begun = records[first]
        if self.is_whole(records) and begun is not None and begun.complete:
            return
        for name in self.names:
            if records[name] is None:
                self._require_empty(name, stores[name])
        made = LayoutRecord(secrets.token_hex(8), first, self.names, complete=False)
        layout = self._put(made, stores[first]).layout
        for name in self.names[1:]:
            self._put(replace(made, layout=layout, name=name, complete=True), stores[name])
        self._complete(stores[first])

    def _require_empty(self, name: str, store: Backend) -> None:
        # Whoever sets it up at the same time may have put the record since it was asked for.
        if store.list(limit=1).blobs and self.found(name, store) is None:
            raise ConfigurationError(
                f"shard {name} has blobs, and no record of its layout",
                hint="A store that is in use does not become a shard where it is. " + _MIGRATE,
            )

    def _put(self, record: LayoutRecord, store: Backend) -> LayoutRecord:
        with suppress(AlreadyExistsError):
            store.put(KEY, record.encode(), PutOptions(JSON, condition=IfAbsent()))
        found = self._read(record.name, store)
        if found is None:
            raise _unset(record.name)
        self._learn(found)
        return found

    def _complete(self, first: Backend) -> None:
        blob = first.get(KEY)
        record = replace(parse(blob.data), complete=True)
        with suppress(ConflictError):  # somebody else completed it
            options = PutOptions(JSON, condition=IfMatch(blob.info.etag))
            first.put(KEY, record.encode(), options)

    def _read(self, name: str, store: Backend) -> LayoutRecord | None:
        try:
            record = parse(store.get(KEY).data)
        except NotFoundError:
            return None
        if record.name != name:
            raise ConfigurationError(
                f"what is configured as shard {name} says that it is shard {record.name}",
                hint="Names of shards are what places documents: give each its own name again.",
            )
        if record.shards != self.names:
            raise ConfigurationError(
                f"shard {name} is one of {', '.join(record.shards)}, and the configuration names "
                f"{', '.join(self.names)}",
                hint=_MIGRATE,
            )
        return record

    def _learn(self, record: LayoutRecord) -> None:
        with self._lock:
            other = next((n for n, each in self._known.items() if each != record.layout), None)
            if other is not None:
                raise ConfigurationError(
                    f"shard {record.name} and shard {other} are of two different stores",
                    hint="Their shards have the same names: correct where each of them is.",
                )
            self._known[record.name] = record.layout


def _unset(name: str) -> ContainerNotFoundError:
    return ContainerNotFoundError(
        f"shard {name} has no record of its layout: it was not set up",
        hint="Run `ingenious-storage containers ensure`.",
    )
