"""Writers in processes of their own, and what must be true of what they leave behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from threading import Barrier
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgpack
import orjson

from ingenious_storage.backends.base import Backend, BlobInfo
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import StorageSettings
from ingenious_storage.config.models import RetrySettings
from ingenious_storage.documents import DocumentStore, Revision, verify
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.errors import CommitUnknownError, StorageError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.memory import MemoryManager
from tests.support import layering
from tests.support.layering import behind
from tests.support.stores import RunningStore

P = ParamSpec("P")
T = TypeVar("T")
CONVERSATION = "a conversation"
_START_SECONDS = 100.0
_barrier: Barrier | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A container, on disk or on a server, that any process can open."""

    container: str
    folder: Path | None = None
    store: RunningStore | None = None
    timeout: float = 100.0
    attempts: int = 5
    key_file: Path | None = field(default_factory=layering.key_file)
    """Of its layers; None: there are none."""
    max_age: float = 0.0
    """Seconds for which its cache asks nobody."""

    def backend(self) -> Backend:
        if self.store is not None:
            return self.store.backend(self.container, timeout=self.timeout)
        from ingenious_storage.backends.local.backend import LocalBackend

        assert self.folder is not None
        return LocalBackend(self.folder / self.container, timeout=self.timeout)

    def files(self, backend: Backend | None = None) -> FileStorage:
        """The stack that `wiring` makes, with short waits, around `backend` or a new one."""
        retry = RetrySettings(attempts=self.attempts, base=0.005, cap=0.1)
        settings = StorageSettings(
            retry=retry, **layering.sections(self.key_file, max_age=self.max_age)
        )
        return FileStorage(layering.stack(settings, backend or self.backend()))


@dataclass(frozen=True, slots=True)
class Saved:
    """What one writer was told: its revisions with what it saved, and what nobody could tell."""

    acknowledged: list[tuple[Revision, Any]] = field(default_factory=list)
    unknown: list[tuple[str, Any]] = field(default_factory=list)
    """write_id and what was to be saved."""

    def note(self, value: Any, save: Callable[[], Revision]) -> None:
        try:
            self.acknowledged.append((save(), value))
        except CommitUnknownError as error:
            self.unknown.append((error.write_id, value))


def with_one_more(message: Any) -> Callable[[Any], Any]:
    """For `update_memory`: appends to a list, which may not be there yet."""
    return lambda old: [*(old or []), message]


def append_many(writer: int, place: Place, count: int) -> Saved:
    """`update_memory` by one message at a time."""
    files = place.files()
    memory, saved = MemoryManager(files), Saved()
    for turn in range(count):
        message = f"{writer}/{turn}"
        more = with_one_more(message)
        saved.note(message, partial(memory.update_memory, CONVERSATION, more, author=str(writer)))
    files.close()
    return saved


def save_many(writer: int, place: Place, count: int) -> Saved:
    """`save_memory` again and again, the last writer wins."""
    files = place.files()
    memory, saved = MemoryManager(files), Saved()
    for turn in range(count):
        value = {"writer": writer, "turn": turn, "text": f"{writer} {turn} " * 20}
        saved.note(value, partial(memory.save_memory, CONVERSATION, value))
    files.close()
    return saved


def new_processes(*more: str) -> Any:
    """The multiprocessing context of processes that share nothing with this one.

    Where there can be one, a server that has done nothing but imports forks them: half a second
    of CPU less for each.

    Args:
        more: modules that it imports too, if it does not run yet.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    preloaded = ["pytest", __name__, "ingenious_storage.backends.local.backend", *more]
    context.set_forkserver_preload(preloaded)
    return context


def together(
    work: Callable[Concatenate[int, P], T], count: int, *args: P.args, **kwargs: P.kwargs
) -> list[T]:
    """work(0, ...) to work(count-1, ...), each in a process of its own, from one moment on."""
    new = new_processes()
    with ProcessPoolExecutor(
        count, mp_context=new, initializer=_remember, initargs=(new.Barrier(count),)
    ) as pool:
        # A worker waits at the barrier for all others, so none can take a second turn.
        futures = [
            pool.submit(_at_the_barrier, work, writer, *args, **kwargs)  # type: ignore[arg-type]
            for writer in range(count)
        ]
        return [future.result() for future in futures]


def _remember(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603  # one for each process
    _barrier = barrier


def _at_the_barrier(work: Callable[..., T], writer: int, *args: Any, **kwargs: Any) -> T:
    assert _barrier is not None
    _barrier.wait(_START_SECONDS)
    return work(writer, *args, **kwargs)


def _blobs(backend: Backend) -> Iterator[BlobInfo]:
    """All but what a store was asked with; a lost answer or a kill leaves some of that."""
    return (info for info in backend.iterate() if not info.key.startswith(".health/"))


def copied(backend: Backend) -> DocumentStore:
    """A store on a copy in memory, that has never seen the original: what the bytes alone say."""
    copy, original = InMemoryBackend(), behind(backend)
    for info in _blobs(original):
        copy.put(info.key, original.get(info.key).data)
    return DocumentStore(FileStorage(copy))


def remains(backend: Backend) -> list[str]:
    """Keys of all that is stored but what a purge leaves on purpose, which says nothing."""
    found, backend = [], behind(backend)
    for info in _blobs(backend):
        if info.key.startswith("deleted/"):
            assert len(backend.get(info.key).data) == 16
            continue
        with suppress(StorageError):
            head = parse_head(backend.get(info.key).data, key=info.key, etag=None)
            if head.purged:
                assert (head.data, head.fields["name"]) == (b"null", info.key)
                continue
        found.append(info.key)
    return found


def size_of(backend: Backend, key: str) -> int:
    """Bytes of a document as a purge counts them: its head as read, its segments as listed."""
    seen = behind(backend)
    return seen.head(key).size + sum(info.size for info in seen.iterate(f"history/{key}/"))


def whole_history(backend: Backend, key: str) -> list[tuple[Revision, Any]]:
    """Each revision with its data, oldest first, of a document in which nothing is amiss.

    Revisions count from `first` without a gap, no write_id is there twice, each can be loaded and
    is what its size and SHA-256 say, and `verify` finds neither a problem nor a stray.
    """
    store = copied(backend)
    revisions = store.history(key, limit=None)[::-1]
    assert revisions, "no revision at all"
    first = revisions[0].number
    assert [r.number for r in revisions] == list(range(first, first + len(revisions)))
    assert len({r.write_id for r in revisions}) == len(revisions)
    report = verify(store)
    assert report.problems == (), report.problems
    assert report.orphans == ()
    return [(revision, _loaded(store, key, revision)) for revision in revisions]


def _loaded(store: DocumentStore, key: str, revision: Revision) -> Any:
    data = None if revision.deleted else store.load(key, revision=revision).data
    if revision.erased:
        assert (revision.size, revision.sha256, revision.message) == (0, "", None)
        return None
    head = store.head(key)
    assert head is not None
    is_packed = head.encoding == "msgpack" and not revision.deleted
    stored = msgpack.packb(data) if is_packed else orjson.dumps(data)
    assert (len(stored), hashlib.sha256(stored).hexdigest()) == (revision.size, revision.sha256)
    return data


def check_saved(history: list[tuple[Revision, Any]], writers: Iterable[Saved]) -> None:
    """Every acknowledged revision is in the history as it was told, and nothing that was not sent.

    What was told to be unknown may be there or not.
    """
    found = {revision.write_id: (revision, value) for revision, value in history}
    for saved in writers:
        for revision, _ in saved.acknowledged:
            assert found.pop(revision.write_id)[0] == revision
        for write_id, _ in saved.unknown:
            found.pop(write_id, None)
    assert found == {}
