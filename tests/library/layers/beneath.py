"""The oracle of a layer: the backend below it."""

from __future__ import annotations

from ingenious_storage.backends.base import Backend


class Beneath:
    def __init__(self, inner: Backend) -> None:
        self.inner = inner

    def read(self, key: str) -> bytes | None:
        return self.inner.get(key).data if key in self.keys() else None

    def write(self, key: str, data: bytes) -> None:
        self.inner.put(key, data)

    def keys(self) -> set[str]:
        return {info.key for info in self.inner.iterate()}
