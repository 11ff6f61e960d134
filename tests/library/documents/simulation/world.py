"""World: a simulated store and clock, and a line to it on which every request is a step.

An ETag is the number of the write to its key and a digest of what was written. So two orders of
steps that do not touch each other leave the same world, and the explorer knows it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, TypeVar

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.base import Layer

T = TypeVar("T")
Step = Callable[["Request", Callable[[], Any]], Any]
"""What becomes of a request: the scheduler's part."""
_QUIET: Final = ("keys/master/", "keys/container.json")
"""What nobody changes: it makes no difference when it is read."""
BEGINNING: Final = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the store, for a person to read; and whether it may change something."""

    text: str
    writes: bool = False


class World(InMemoryBackend):
    """One container, its clock, and all that was ever written: what a thief of copies has."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: self.time)
        self.time = BEGINNING
        self.written: Counter[str] = Counter()
        self.versions: list[Blob] = []

    def copy(self) -> World:
        """Another world that begins as this one is."""
        other = World()
        other.time, other.versions = self.time, [*self.versions]
        other.written.update(self.written)
        other._container = dict(self._blobs("copy"))
        return other

    def state(self) -> tuple[Any, ...]:
        """Equal for worlds that nobody can tell apart."""
        blobs = self._blobs("state")
        there = tuple(sorted((key, blob.info.etag) for key, blob in blobs.items()))
        return there, tuple(sorted(self.written.items())), self.time

    def pass_by(self, span: timedelta) -> None:
        """Let time go by."""
        self.time += span

    def _write(self, operation: str, key: str, data: bytes, options: PutOptions) -> BlobInfo:
        digest = int.from_bytes(blake2b(data, digest_size=6).digest())
        self._writes: Iterator[int] = iter([(self.written[key] + 1) << 48 | digest])  # type: ignore[assignment]
        info = super()._write(operation, key, data, options)
        self.written[key] += 1
        self.versions.append(self._blobs(operation)[key])
        return info


class Line(Layer):
    """One process's way to the store: each request is handed to `step`."""

    def __init__(self, world: World, step: Step) -> None:
        super().__init__(world)
        self._step = step

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        if key.startswith(_QUIET):
            return self.inner.get(key, options)
        return self._ask(f"get {key}", lambda: self.inner.get(key, options))

    def head(self, key: str) -> BlobInfo:
        return self._ask(f"head {key}", lambda: self.inner.head(key))

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        return self._change(f"put {key}", lambda: self.inner.put(key, data, options))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        self._change(f"delete {key}", lambda: self.inner.delete(key, condition=condition))

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        wanted = tuple(keys)
        return self._change(f"delete {' '.join(wanted)}", lambda: self.inner.delete_many(wanted))

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        return self._ask(
            f"list {prefix}",
            lambda: self.inner.list(
                prefix, delimiter=delimiter, token=token, limit=limit, metadata=metadata
            ),
        )

    def _ask(self, text: str, call: Callable[[], T]) -> T:
        answer: T = self._step(Request(text), call)
        return answer

    def _change(self, text: str, call: Callable[[], T]) -> T:
        answer: T = self._step(Request(text, writes=True), call)
        return answer


def seen(answer: Any) -> Any:
    """What tells one answer from another."""
    if isinstance(answer, Blob):
        return answer.info.etag
    if isinstance(answer, BlobInfo):
        return answer.etag
    if isinstance(answer, Page):
        return tuple((info.key, info.etag) for info in answer.blobs)
    if isinstance(answer, StorageError):
        return answer.code
    return None
