"""Files of the framework, as it sees them: memories, prompts and blobs of a storage in one tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from ingenious_storage.adapters.ingenious.contexts import Contexts
from ingenious_storage.adapters.ingenious.paths import (
    FILES,
    MEMORY,
    PROMPTS,
    TEMPLATES,
    BlobPlace,
    MemoryPlace,
    PromptPlace,
    parts_of,
    place_of,
    set_of,
)
from ingenious_storage.adapters.ingenious.prompts import RevisionPrompts
from ingenious_storage.config import Role
from ingenious_storage.errors import InvalidDataError, InvalidKeyError, NotFoundError
from ingenious_storage.services.framework_names import CONTEXT, NO_REVISION, SHARED
from ingenious_storage.storage import Storage

_NO_FOLDERS: Final = frozenset({"", ".", ".."})
"""What may stand between two slashes of a conversation's id, and is no name of a folder."""


class Entries(NamedTuple):
    """The names directly in a folder."""

    files: set[str]
    folders: set[str]


class FrameworkFiles:
    """The tree of one category of the framework. Thread-safe; making one does no I/O.

    Memories and prompts are the same in both categories, and the `path` of a category means
    nothing; other files are in the category's own container.

    Each method raises InvalidKeyError for a path that leads out of the tree or is reserved, and the
    errors of the store: an outage is never taken for emptiness.
    """

    def __init__(self, storage: Storage, role: Role) -> None:
        self._contexts, self._prompts = Contexts(storage.memory), RevisionPrompts(storage.prompts)
        self._storage = storage
        self._blobs = storage.data if role == "data" else storage.revisions

    def write(self, file_path: str, file_name: str, text: str) -> None:
        """Make `text` the file.

        Raises: InvalidKeyError for a name that none can have; InvalidDataError for other contents
        than text.
        """
        place = place_of(file_path, file_name)
        if not isinstance(text, str):
            kind = type(text).__name__
            raise InvalidDataError(f"the contents are {kind}, not text", hint="Decode them first.")
        match place:
            case MemoryPlace(conversation):
                self._contexts.write(conversation, text)
            case PromptPlace(revision, name):
                self._prompts.write(revision, name, text)
            case BlobPlace(key):
                self._blobs.save_text(key, text)

    def read(self, file_path: str, file_name: str) -> str | None:
        """The text; None when there is no such file, or can be none."""
        place = place_of(file_path, file_name)
        try:
            match place:
                case MemoryPlace(conversation):
                    return self._contexts.read(conversation)
                case PromptPlace(revision, name):
                    return self._prompts.read(revision).get(name)
                case BlobPlace(key):
                    return self._blobs.load_text(key)
        except (NotFoundError, InvalidKeyError):
            return None

    def exists(self, file_path: str, file_name: str) -> bool:
        """Whether there is such a file."""
        match place_of(file_path, file_name):
            case BlobPlace(key):
                try:
                    return self._blobs.exists(key)
                except InvalidKeyError:
                    return False
        return self.read(file_path, file_name) is not None

    def delete(self, file_path: str, file_name: str) -> None:
        """Delete a file; one that is missing is fine. Memories and prompts keep their history."""
        match place_of(file_path, file_name):
            case MemoryPlace(conversation):
                self._contexts.delete(conversation)
            case PromptPlace(revision, name):
                self._prompts.delete(revision, name)
            case BlobPlace(key):
                with suppress(NotFoundError, InvalidKeyError):
                    self._blobs.delete(key)

    def files(self, folder: str) -> list[str]:
        """The names of the files directly in a folder, sorted; none in one that is not there."""
        return sorted(self._entries(folder, folders=False).files)

    def folders(self, folder: str) -> list[str]:
        """The names of the folders directly in a folder, sorted."""
        return sorted(self._entries(folder, folders=True).folders)

    def _entries(self, folder: str, *, folders: bool) -> Entries:
        """What is asked for; the rest may be missing."""
        parts = parts_of(folder)
        match parts:
            case None:  # the framework asks for absolute paths, below its working directory
                return Entries(set(), set())
            case "templates", "prompts":
                return Entries(set(), self._sets()) if folders else self._in_set(NO_REVISION, ())
            case "templates", "prompts", revision, *below:
                return self._in_set(set_of(revision), tuple(below))
            case "memory", *below:
                found = self._conversations(below) if folders else self._context(below)
                return _both(self._in_container(parts), found)
        found = self._roots(parts) if folders else Entries(set(), set())
        return _both(self._in_container(parts), found)

    def _sets(self) -> set[str]:
        return {*self._storage.prompts.list_sets()} - {NO_REVISION}

    def _in_set(self, revision: str, below: tuple[str, ...]) -> Entries:
        try:
            prompts = self._prompts.read(revision)
        except NotFoundError:
            return Entries(set(), set())
        return _children(prompts, below)

    def _context(self, below: list[str]) -> Entries:
        has_memory = self.exists("/".join((MEMORY, *below)), CONTEXT)
        return Entries({CONTEXT} if has_memory else set(), set())

    def _conversations(self, below: list[str]) -> Entries:
        ids = (name for name in self._storage.memory.list_conversations() if name != SHARED)
        return Entries(set(), _children((f"{name}/{CONTEXT}" for name in ids), below).folders)

    def _roots(self, parts: tuple[str, ...]) -> Entries:
        found = set()
        if parts == () and any(self._storage.memory.list_conversations()):
            found.add(MEMORY)
        if parts in {(), (TEMPLATES,)} and any(self._storage.prompts.list_sets()):
            found.add(PROMPTS if parts else TEMPLATES)
        return Entries(set(), found)

    def _in_container(self, parts: tuple[str, ...]) -> Entries:
        prefix = FILES + "".join(f"{part}/" for part in parts)
        found, token = Entries(set(), set()), None
        while True:
            try:
                page = self._blobs.list_page(prefix, delimiter="/", token=token)
            except InvalidKeyError:
                return found
            found.files.update(blob.key.removeprefix(prefix) for blob in page.blobs)
            found.folders.update(each.removeprefix(prefix)[:-1] for each in page.prefixes)
            token = page.token
            if token is None:
                return Entries(found.files - {""}, found.folders)  # "": the marker of a folder


def _children(names: Iterable[str], below: Sequence[str]) -> Entries:
    """What is directly in the folder `below` of a tree with files of these names."""
    prefix, found = "".join(f"{part}/" for part in below), Entries(set(), set())
    for name in names:
        if name.startswith(prefix):
            first, slash, _ = name[len(prefix) :].partition("/")
            (found.folders if slash else found.files).add(first)
    return Entries(found.files, found.folders - _NO_FOLDERS)


def _both(one: Entries, other: Entries) -> Entries:
    return Entries(one.files | other.files, one.folders | other.folders)
