"""The documents of a storage, memories and prompt sets, as the target of a migration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ingenious_ops.author import default_author
from ingenious_ops.migrate.ends.base import Component, Item, Listing, Refusals, Target
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.errors import ChangedError, DeletedError
from ingenious_ops.migrate.layout.source import Unit
from ingenious_storage import Revision, Storage, jsondata
from ingenious_storage.documents import DocumentStore, note
from ingenious_storage.errors import ConflictError, NotFoundError, StorageError
from ingenious_storage.services.kinds import PROMPT_SETS, Kind

TAG: Final = "migrated"
"""Of every revision that a migration writes."""


@dataclass
class _Part:
    """The documents of one component."""

    component: Component
    container: ContainerEnd
    documents: DocumentStore
    kind: Kind
    deleted: set[str] = field(default_factory=set)
    """Keys whose newest revision is a deletion, as the last listing saw it."""

    def owns(self, key: str) -> bool:
        segment, kind = self.kind.segment(key), self.kind
        return key == f"{kind.root}{segment}{kind.leaf}" and "/" not in segment

    def listing(self) -> list[Item]:
        self.deleted.clear()
        if not self.container.exists():
            return []
        marked = self.documents.marked(self.kind.root)
        items: list[Item] = []
        for info in self.documents.files.list_blobs(self.kind.root):
            if not self.owns(info.key):
                continue  # somebody else's blob
            if info.key in marked and self.is_deleted(info.key):
                self.deleted.add(info.key)
            else:
                items.append(Item(info.key, info.size, info.etag))
        return items

    def is_deleted(self, key: str) -> bool:
        head = self.documents.head(key)
        return head is not None and head.deleted

    def data(self, raw: bytes) -> bytes:
        """As the source writes it: the order of a set's prompts means nothing."""
        if self.component == "memory":
            return raw
        texts: dict[str, str] = jsondata.loads(raw)
        return jsondata.dumps(dict(sorted(texts.items(), key=lambda each: each[0].split("/"))))


class DocumentsTarget(Target):
    """Writes through the documents, so that history and rollback go on working.

    The version of an item is the ETag of its head. A document that was deleted is not listed, and
    is not written either: it would come back.
    """

    exact_sizes = False

    def __init__(self, storage: Storage, components: Sequence[Component]) -> None:
        self._parts = [_part(storage, component) for component in components]
        self._author = default_author()
        folder = storage.data.backend.folder
        self.base: Path | None = folder and folder.parent.resolve()
        """The folder that all containers of the storage lie in."""
        self._listed: Callable[[], Collection[Component]] = lambda: components

    def limit_to(self, components: Callable[[], Collection[Component]]) -> None:
        """List these only: what the source has nothing of is not compared."""
        self._listed = components

    def describe(self) -> str:
        return ", ".join(f"{p.component} in {p.container.describe()}" for p in self._parts)

    def exists(self) -> bool:
        return all(part.container.exists() for part in self._parts)

    def listing(self) -> Listing:
        listed = self._listed()
        parts = [part for part in self._parts if part.component in listed]
        return Listing([item for part in parts for item in part.listing()])

    def refused(self, items: Sequence[Item], present: Mapping[str, Item]) -> Refusals:
        by_key: dict[str, StorageError] = {}
        for item in items:
            part = self._part(item.key)
            if item.key in part.deleted:
                by_key[item.key] = DeletedError(
                    "the target has deleted this document", key=item.key
                )
        wholes = (part.container.refused([], {}).whole for part in self._parts)
        return Refusals(by_key, next(filter(None, wholes), None))

    def find(self, key: str, *, name: str = "") -> Item | None:
        """Raises: DeletedError."""
        part = next((part for part in self._parts if part.owns(key)), None)
        if part is None:
            return self._parts[0].container.find(key)
        if not part.container.exists():
            return None
        head = part.documents.head(key)
        if head is None or head.etag is None:
            return None
        if head.deleted:
            raise DeletedError("the target has deleted this document", key=key)
        return Item(key, len(head.data), head.etag)

    def prepare(self) -> None:
        for part in self._parts:
            part.container.prepare()

    def read(self, item: Item) -> bytes:
        part = self._part(item.key)
        head = part.documents.head(item.key)
        if head is None:
            raise NotFoundError("it is gone", key=item.key)
        if head.etag != item.version:
            raise ChangedError("the document changed while it was read", key=item.key)
        return part.data(head.data)

    def put(self, item: Item, data: bytes, *, replace: str | None) -> str:
        assert isinstance(item, Unit)
        part, value = self._part(item.key), jsondata.loads(data)
        documents, name = part.documents, item.document
        why = note(self._author, f"Migrated from {item.place}", [TAG])
        if replace is None:
            if item.key in part.deleted:
                raise DeletedError("the target has deleted this document", key=item.key)
            made = documents.create(item.key, value, name=name, note=why)
        else:
            head = documents.head(item.key)
            if head is None or head.etag != replace:
                raise ConflictError("the document has changed", key=item.key)
            made = documents.save(item.key, value, name=name, note=why, expected=head.revision)
        return _version(documents, item.key, made)

    def _part(self, key: str) -> _Part:
        return next(part for part in self._parts if part.owns(key))


def _part(storage: Storage, component: Component) -> _Part:
    if component == "memory":
        return _Part(
            component,
            ContainerEnd(storage, "data"),
            storage.memory.documents,
            storage.memory.kind,
        )
    return _Part(
        component,
        ContainerEnd(storage, "revisions"),
        storage.prompts.documents,
        PROMPT_SETS,
    )


def _version(documents: DocumentStore, key: str, made: Revision) -> str:
    """The ETag of the head with `made`; what equals none when it is not the newest any more."""
    head = documents.head(key, fresh=False)
    if head is None or head.write_id != made.write_id:
        head = documents.head(key)
    if head is None or head.etag is None or head.write_id != made.write_id:
        return f"superseded:{made.write_id}"
    return head.etag
