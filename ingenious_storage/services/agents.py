"""Agent documents: what adapters keep for a framework, such as threads of LangGraph.

A document is named by a few texts of the framework's own, such as a thread and a namespace, and by
its leaf, which says what it is. Its data are MessagePack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from ingenious_storage import documents, jsondata
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents import (
    MSGPACK,
    Copied,
    DocumentStore,
    Groups,
    Note,
    PruneReport,
    PurgeReceipt,
    Revision,
    RewriteReceipt,
)
from ingenious_storage.documents.erasing.rewrite import Redact, Without
from ingenious_storage.documents.erasing.rule import Rule
from ingenious_storage.documents.format.revision import NO_NOTE
from ingenious_storage.documents.groups import Change
from ingenious_storage.errors import (
    CorruptObjectError,
    InvalidKeyError,
    NotFoundError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.keys import (
    MAX_KEY_CHARACTERS,
    MAX_KEY_SEGMENTS,
    decode_id,
    encode_id,
    is_encoded_id,
    is_hidden_segment,
)
from ingenious_storage.runtime.parallel import results_of
from ingenious_storage.runtime.unpickled import Unpickled

R = TypeVar("R")
ROOT: Final = "agents/"
_EMPTY: Final = "~"
"""An empty part of a name; no other has this as its segment."""
_SUFFIX: Final = ".msgpack"
_LONGEST: Final = MAX_KEY_CHARACTERS - 100
_MOST: Final = MAX_KEY_SEGMENTS - 4
"""Of a key: the names of its segments and of its encryption keys hold it whole, and some more."""
_KEY: Final = re.compile(rf"{ROOT}([a-z0-9-]+)((?:/[^/]+)+)/[a-z]+{re.escape(_SUFFIX)}")


@dataclass(frozen=True, slots=True)
class AgentName:
    """Which document it is: the framework's own texts, and what it is of them."""

    parts: tuple[str, ...]
    leaf: str


def owns(key: str) -> bool:
    """Whether this is the key of such a document."""
    return _segments(key) is not None


def _segments(key: str) -> list[str] | None:
    """The segments that its parts are encoded into; None of another's key."""
    match = _KEY.fullmatch(key)
    segments = match[2][1:].split("/") if match else []
    return segments if segments and all(map(_is_segment, segments)) else None


def framework_of(key: str) -> str | None:
    """The framework whose document this is the key of; None for another key."""
    match = _KEY.fullmatch(key)
    return match[1] if match is not None and owns(key) else None


def _is_segment(segment: str) -> bool:
    return segment == _EMPTY or is_encoded_id(segment) or is_hidden_segment(segment)


def encoder(files: FileStorage) -> Callable[[str], str]:
    """From a part of a name to its segment of a key. Raises: InvalidKeyError."""
    encode = files.hides_ids or encode_id
    return lambda part: encode(part) if part else _EMPTY


class AgentDocuments(Unpickled):
    """The documents of one framework. Thread-safe.

    Attributes:
        store: for what is not here; the name of a document there is `named(...)`.
        framework: as it stands in keys: lower-case letters, digits and hyphens.
        groups: changes that go together; `change` uses it.
        brief_groups: the same, of documents whose history is not wanted.
    """

    def __init__(self, store: DocumentStore, framework: str) -> None:
        self.store, self.framework = store.encoded(MSGPACK), framework
        self.groups, self.brief_groups = Groups(self.store), Groups(self.store.brief())
        self._encode = encoder(store.files)

    def key(self, *parts: str, leaf: str) -> str:
        """Raises: InvalidKeyError for a part that is no text or has lone surrogates, and for parts
        that are too long or too many together; an empty one is fine."""
        key = f"{self.below(*parts)}{leaf}{_SUFFIX}"
        if len(key) > _LONGEST or key.count("/") >= _MOST:
            raise InvalidKeyError(
                f"a name of {len(parts)} parts makes a key of {len(key)} characters, and at most "
                f"{_MOST} segments and {_LONGEST} characters leave room for its history",
                hint="Use shorter names, or fewer: a part of over 200 characters is 165 in a key.",
            )
        return key

    def below(self, *parts: str) -> str:
        """What the keys of all documents begin with whose names begin with these parts."""
        segments = map(self._encode, parts)
        return "".join(f"{each}/" for each in (ROOT + self.framework, *segments))

    def change(
        self,
        *parts: str,
        leaf: str,
        fn: Change,
        begins: bool = False,
        brief: bool = False,
        note: Note = NO_NOTE,
    ) -> Revision:
        """`Groups.update` of one document: concurrent changes of this process become one write.

        Args:
            brief: whether its history is not wanted (`DocumentStore.brief`): of one document
                always the same.
        """
        key, name = self.key(*parts, leaf=leaf), named(parts, leaf)
        groups = self.brief_groups if brief else self.groups
        return groups.update(key, fn, begins=begins, name=name, note=note)

    def copy(self, *parts: str, leaf: str, to: Sequence[str]) -> Copied:
        """`documents.copy` of one document to the parts `to`, with its whole history.

        Raises: as `documents.copy`; InvalidKeyError.
        """
        key, to_key = self.key(*parts, leaf=leaf), self.key(*to, leaf=leaf)
        return documents.copy(self.store, key, to_key, name=named(to, leaf))

    def rewrite(
        self,
        *parts: str,
        leaf: str,
        without: Without = (),
        redact: Redact | None = None,
        first: int | None = None,
    ) -> RewriteReceipt:
        """`documents.rewrite` of one document.

        Raises: as `documents.rewrite`; InvalidKeyError.
        """
        key = self.key(*parts, leaf=leaf)
        return documents.rewrite(self.store, key, without=without, redact=redact, first=first)

    def names(self, *parts: str) -> Iterator[AgentName]:
        """Those of the documents whose names begin with these parts, in the order of their keys.

        Two listings, and a request for each whose name does not stand in its key: a long or hidden
        part.
        """
        blobs = self.store.list_blobs(self.below(*parts))
        return (name for _, name in self.with_names(blobs))

    def with_names(self, blobs: Iterable[BlobInfo]) -> Iterator[tuple[BlobInfo, AgentName]]:
        """Heads of these documents with their names; one that has gone meanwhile is left out."""
        for blob in blobs:
            try:
                name = name_by_key(blob.key) or self.store.existing(blob.key, fresh=False).name
            except NotFoundError:
                continue
            yield blob, name_of(name, key=blob.key)

    def purge(self, *parts: str) -> Sequence[PurgeReceipt]:
        """Erase all documents whose names begin with these parts, several at a time.

        Raises: the first error, after all were tried.
        """
        return self._all(partial(documents.purge, self.store), parts)

    def prune(
        self,
        *parts: str,
        keep: int | None = None,
        superseded: timedelta | None = None,
        dry_run: bool = False,
    ) -> Sequence[PruneReport]:
        """`documents.prune` of all documents whose names begin with these parts, several at a time.

        Raises: ValueError when neither `keep` nor `superseded` says what to drop; the first error,
        after all were tried.
        """
        Rule(keep, superseded).checked()
        call = partial(
            documents.prune, self.store, keep=keep, superseded=superseded, dry_run=dry_run
        )
        return self._all(call, parts)

    def _all(self, call: Callable[[str], R], parts: Sequence[str]) -> Sequence[R]:
        """Of each document that is still there."""

        def one(key: str) -> R | None:
            try:
                return call(key)
            except NotFoundError:
                return None

        keys = [blob.key for blob in self.store.files.list_blobs(self.below(*parts))]
        results = results_of(one, keys, workers=self.store.workers)
        return [each for each in results if each is not None]


def name_by_key(key: str) -> str | None:
    """A document's own name by its key; None where only the document has it."""
    segments = _segments(key)
    if segments is None:
        return None
    parts = ["" if segment == _EMPTY else decode_id(segment) for segment in segments]
    texts = [part for part in parts if part is not None]
    leaf = key.rpartition("/")[2].removesuffix(_SUFFIX)
    return named(texts, leaf) if len(texts) == len(parts) else None


def named(parts: Sequence[str], leaf: str) -> str:
    """A document's own name, which its key may hide."""
    return jsondata.dumps([*parts, leaf]).decode()


def name_of(name: str, *, key: str) -> AgentName:
    """What `named` was made of. Raises: CorruptObjectError."""
    texts = jsondata.loads(name.encode(), key=key)
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise CorruptObjectError("its name is none of a framework's document", key=key)
    *parts, leaf = texts
    return AgentName(tuple(parts), leaf)
