"""Publishing: snapshots of an index go into the containers, and a first sync begins with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import BinaryIO, Final, cast

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.catalogue import snapshot
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.records import Published, Row, SyncReport
from ingenious_storage.catalogue.sources import Source
from ingenious_storage.catalogue.sync import Sync, batches
from ingenious_storage.config import Role
from ingenious_storage.errors import (
    AuthenticationError,
    ConflictError,
    CorruptObjectError,
    PermissionDeniedError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.services.by_container import Attempted

_BATCH: Final = 200
_TRIES: Final = 3
_REFUSALS: Final = (AuthenticationError, PermissionDeniedError)


def state_of(role: Role) -> str:
    """The name of the state that says that a container was synced to its end."""
    return f"{role}_synced"


def publish(
    index: Index,
    sources: Sequence[Source],
    sync: Callable[[], SyncReport],
    clock: Callable[[], datetime],
) -> Attempted[Published]:
    """Put a snapshot into each container that is there, and may be read and written.

    What is erased between a sync and the upload is found by another sync behind it.

    Raises: ConflictError when somebody else published meanwhile, or erased all the time; the
    refusal when no container may be written.
    """
    for _ in range(_TRIES):
        before, began = _before(sources), clock()
        refused = sync().refused
        done = _put_all(
            index, sources, {r: b for r, b in before.items() if r not in refused}, began
        )
        if not sync().removed:
            return done
    for role in dict.fromkeys(source.role for source in sources):
        snapshot.withdraw(_of(sources, role)[0].files)
    raise ConflictError(
        "documents were erased all the time while their text was published: nothing is published",
        hint="Publish again when that is done.",
    )


def _before(sources: Sequence[Source]) -> dict[Role, BlobInfo | None]:
    """What lies in each container that is there, before it is looked at."""
    found: dict[Role, BlobInfo | None] = {}
    for source in sources:
        if source.role not in found and source.files.container_exists():
            found[source.role] = snapshot.published(source.files)
    return found


def _put_all(
    index: Index,
    sources: Sequence[Source],
    before: Mapping[Role, BlobInfo | None],
    synced_at: datetime,
) -> Attempted[Published]:
    done, refused = dict[Role, Published](), dict[Role, StorageError]()
    for role, info in before.items():
        try:
            done[role] = _put(index, _of(sources, role), info, synced_at)
        except _REFUSALS as error:
            refused[role] = error
    if refused and not done:
        raise next(iter(refused.values()))
    return Attempted(done, refused)


def _put(
    index: Index, sources: Sequence[Source], before: BlobInfo | None, synced_at: datetime
) -> Published:
    with snapshot.scratch(index.path) as file:
        stream = cast("BinaryIO", file)
        rows = chain.from_iterable(index.rows(source.kind) for source in sources)
        documents = snapshot.write(stream, rows, synced_at=synced_at)
        size = file.tell()
        file.seek(0)
        info = snapshot.put(sources[0].files, stream, before)
    return Published(info.key, size, documents, synced_at)


def begin(run: Sync, sources: Sequence[Source], *, largest: int) -> bool:
    """Take what is published for containers that were never synced to their end.

    What cannot be used is told by the run; then all documents are read. Whether any was taken.
    """
    taken = False
    for role in dict.fromkeys(source.role for source in sources):
        kinds = _of(sources, role)
        held = run.index.counts()
        if run.index.state(state_of(role)) is None and not any(held.get(s.kind) for s in kinds):
            try:
                taken |= _take(run, kinds, largest)
            except (CorruptObjectError, UnsupportedFormatError, ConflictError):
                run.cannot_use(snapshot.KEY)
            except _REFUSALS:
                continue  # the listing says so as well
    return taken


def _take(run: Sync, sources: Sequence[Source], largest: int) -> bool:
    def fits(row: Row) -> bool:
        return any(row.kind == each.kind and each.keys.owns(row.key) for each in sources)

    with snapshot.scratch(run.index.path) as file:
        stream, loaded = cast("BinaryIO", file), 0
        if not snapshot.fetch(sources[0].files, stream):
            return False
        for _ in snapshot.read(stream, largest=largest, fits=fits):
            pass  # nothing of it is believed before its end was seen
        file.seek(0)
        for batch in batches(snapshot.read(stream, largest=largest, fits=fits), _BATCH):
            loaded += run.index.put(batch)
            run.progress(run.listed, run.read + loaded)
    return True


def _of(sources: Sequence[Source], role: Role) -> list[Source]:
    return [source for source in sources if source.role == role]
