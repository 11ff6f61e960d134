"""`PromptLibrary`: prompt sets, each one versioned document of file name to text, and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Final

from ingenious_storage import documents
from ingenious_storage.arguments import mapping_of
from ingenious_storage.diffs import text_diff
from ingenious_storage.documents import DocumentStore, Pinned, PruneReport, Revision, note
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    InvalidDataError,
    NotFoundError,
    PromptNotFoundError,
    StorageError,
    missing_as,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.keys import is_name, validate_key, validate_name
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.labels import Label, Labels, is_label_key
from ingenious_storage.services.prompt_files import (
    crossing,
    is_left_out,
    left_out,
    read_directory,
    require_paths,
    write_directory,
)
from ingenious_storage.wiring import documents_of

ROOT: Final = "prompts/"
_LEAF: Final = ".json"
_SUCH_AS: Final = '{"assistant.md": "You are ..."}'

Prompts = dict[str, str]
"""File name (which may hold `/`) to text."""


def is_prompt_key(key: str) -> bool:
    """Whether this is the key of a prompt set or of a label, and not somebody else's blob."""
    name = key.removeprefix(ROOT).removesuffix(_LEAF)
    return (key == f"{ROOT}{name}{_LEAF}" and is_name(name)) or is_label_key(key)


def prompt_name(key: str) -> str:
    """The name of a prompt set or label by its key."""
    return key.rpartition("/")[2].removesuffix(_LEAF)


class PromptLibrary(Unpickled):
    """Prompt sets and labels of one container. Thread-safe.

    A set is one document, so that a commit of several prompts is seen whole or not at all, one
    request reads them all, and a held set costs one conditional request. Without an argument it
    uses the storage that the configuration names.

    Each method raises InvalidKeyError for an unusable name, PromptNotFoundError for a set,
    prompt or label that is missing or deleted, and the errors of the store.
    """

    def __init__(
        self, file_storage: FileStorage | None = None, *, documents: DocumentStore | None = None
    ) -> None:
        self.documents = documents or documents_of(
            file_storage, role="revisions", owns=is_prompt_key
        )
        self._labels = Labels(self.documents)

    def create_set(
        self,
        name: str,
        files: Mapping[str, str] | None = None,
        *,
        source: str | Label | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Create a set with `files`, on top of those of `source`: a set's name, or a label.

        Raises: AlreadyExistsError when the name is taken, by however close a race.
        """
        key, start = _key(name), dict[str, str]()
        new = {} if files is None else _checked(files)
        if isinstance(source, Label):
            start = self.get_set(source.set, revision=source)
        elif source is not None:
            start = self.get_set(source)
        data = {**start, **new}
        require_paths(data)
        return self.documents.create(key, data, name=name, note=note(author, message))

    def list_sets(self) -> Iterator[str]:
        """Names of the sets that are not deleted, in order."""
        for key in self.documents.list(ROOT):
            yield key.removeprefix(ROOT).removesuffix(_LEAF)

    def get_set(self, name: str, *, revision: int | Pinned | None = None) -> Prompts:
        """All prompts of a set, newest or as they were at a revision or label."""
        with _set(name):
            document = self.documents.load(_key(name), revision=revision)
        return self._read(document.data, name)

    def get(self, set_name: str, name: str, *, revision: int | Pinned | None = None) -> str:
        """The text of one prompt."""
        files = self.get_set(set_name, revision=revision)
        if name not in files:
            raise PromptNotFoundError(f"no prompt {name!r} in set {set_name!r}")
        return files[name]

    def commit(
        self,
        set_name: str,
        changes: Mapping[str, str | None],
        *,
        expected: Pinned | None = None,
        author: str | None = None,
        message: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Revision:
        """Change several prompts in one revision; None as text takes a prompt out.

        Args:
            expected: the revision that has to be the newest, else ConflictError. Without it the
                changes go on top of whatever others committed.
        """
        changes = mapping_of(changes, what="changes", such_as=_SUCH_AS)
        _checked({name: text for name, text in changes.items() if text is not None})

        def change(files: Prompts) -> Prompts:
            new = {**files, **changes}
            left = {name: text for name, text in new.items() if text is not None}
            if files.keys() != left.keys() and crossing(files) is None:
                require_paths(left)  # an older set may have such names: then it can be mended
            return left

        why = note(author, message, tags)
        if expected is None:
            return self._update(set_name, change, why)
        new = change(self.get_set(set_name, revision=expected))
        return self.documents.save(_key(set_name), new, name=set_name, note=why, expected=expected)

    def history(self, set_name: str, *, limit: int | None = 20) -> list[Revision]:
        """Revisions newest first (None: all), of deleted sets as well."""
        with _set(set_name):
            return self.documents.history(_key(set_name), limit=limit)

    def kept_revisions(self, set_name: str) -> range:
        """The numbers of the revisions that are kept, of deleted sets as well."""
        with _set(set_name):
            return self.documents.kept_revisions(_key(set_name))

    def landed(self, set_name: str, write_id: str, *, number: int | None = None) -> Revision | None:
        """What became of a CommitUnknownError of a set: as `MemoryManager.landed`."""
        return self.documents.landed(_key(set_name), write_id, number=number)

    def diff(
        self,
        set_name: str,
        old: int | Pinned,
        new: int | Pinned | None = None,
        *,
        other: str | None = None,
    ) -> str:
        """A unified diff, file by file, of two revisions; `other`: `new` is of that set."""
        before = self.get_set(set_name, revision=old)
        after = self.get_set(other or set_name, revision=new)
        return "".join(
            text_diff(
                before.get(name, ""),
                after.get(name, ""),
                old_name=f"{set_name}/{name}" if name in before else "/dev/null",
                new_name=f"{other or set_name}/{name}" if name in after else "/dev/null",
            )
            for name in sorted({*before, *after})
        )

    def rollback(
        self,
        set_name: str,
        revision: int,
        *,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """A new revision with the prompts of `revision`; nothing in between is lost."""
        why = note(author, message or f"Rollback to revision {revision}")
        with _set(set_name):
            return self.documents.rollback(_key(set_name), revision, note=why)

    def delete_set(
        self, set_name: str, *, author: str | None = None, message: str | None = None
    ) -> Revision:
        """Delete by a tombstone; labels that pin a revision of it go on working."""
        with _set(set_name):
            return self.documents.delete(_key(set_name), note=note(author, message))

    def prune_set(
        self,
        set_name: str,
        *,
        keep: int | None = None,
        superseded: timedelta | None = None,
        dry_run: bool = False,
    ) -> PruneReport:
        """Drop the old end of a set's history, but nothing that a label pins."""
        with _set(set_name):
            return documents.prune(
                self.documents,
                _key(set_name),
                keep=keep,
                superseded=superseded,
                spare=lambda: self._labels.pinned(set_name),
                dry_run=dry_run,
            )

    def set_label(
        self,
        label: str,
        set_name: str,
        *,
        revision: int | Pinned | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Label:
        """Pin a revision of a set (None: the newest). Later commits do not move the label."""
        with _set(set_name):
            pinned = self.documents.load(_key(set_name), revision=revision).revision
            made = self._labels.put(label, set_name, pinned, note(author, message))
            try:
                self.documents.load(_key(set_name), revision=pinned)
            except (NotFoundError, ConflictError):  # gone before the label could hold it
                self._labels.take_back(made)
                raise
            except StorageError as error:
                error.outcome_unknown = True  # the label has moved
                raise
        return made

    def dangling_labels(self) -> list[Label]:
        """Labels whose revision is gone: its set was purged, or it was pruned.

        Those that are damaged, or pin what is damaged, are left to `verify`.
        """
        return [label for label in self._labels.readable() if not self._holds(label)]

    def get_label(self, label: str) -> Label:
        """What a label pins, to hand on as `get_set(label.set, revision=label)`."""
        with _label(label):
            return self._labels.get(label)

    def list_labels(self) -> list[Label]:
        """All labels, by name."""
        return list(self._labels)

    def label_history(self, label: str, *, limit: int | None = 20) -> list[Label]:
        """Where a label was, newest first; `moved` says when, by whom and why."""
        with _label(label):
            return self._labels.history(label, limit=limit)

    def kept_label_revisions(self, label: str) -> range:
        """The numbers of the revisions of a label that are kept, those that delete it included."""
        with _label(label):
            return self._labels.kept_revisions(label)

    def label_landed(
        self, label: str, write_id: str, *, number: int | None = None
    ) -> Revision | None:
        """What became of a CommitUnknownError of a label: as `MemoryManager.landed`."""
        return self._labels.landed(label, write_id, number=number)

    def delete_label(
        self, label: str, *, author: str | None = None, message: str | None = None
    ) -> Revision:
        """Delete a label; what it pinned stays."""
        with _label(label):
            return self._labels.delete(label, note(author, message))

    def import_directory(
        self,
        set_name: str,
        directory: Path | str,
        *,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Make a set what a directory holds, in one revision; the set may be new.

        Every file must be UTF-8 text (InvalidDataError). Hidden files and links are left out
        (`prompt_files.left_out` lists them); a prompt of the set that one of them stands for
        stays as it is, because an export could not have brought it along.
        """
        found = _checked(read_directory(Path(directory)))
        why = note(author, message or f"Import of {Path(directory).name}")
        unread = left_out(Path(directory))

        def change(files: Prompts) -> Prompts:
            kept = {name: text for name, text in files.items() if is_left_out(name, unread)}
            return _checked({**kept, **found})

        return self._update(set_name, change, why, create=True)

    def export_directory(
        self,
        set_name: str,
        directory: Path | str,
        *,
        revision: int | Pinned | None = None,
        overwrite: bool = False,
    ) -> list[Path]:
        """Write a set's prompts as files; all names are checked before the first is written.

        Raises: AlreadyExistsError when a file is there, unless `overwrite`; InvalidDataError when
        one name is a file and a folder of others.
        """
        files = self.get_set(set_name, revision=revision)
        return write_directory(Path(directory), files, overwrite=overwrite)

    def _update(
        self,
        set_name: str,
        change: Callable[[Prompts], Prompts],
        why: documents.Note,
        *,
        create: bool = False,
    ) -> Revision:
        def update(data: object) -> Prompts:
            if data is None and not create:
                raise PromptNotFoundError(f"no prompt set {set_name!r}")
            return change({} if data is None else self._read(data, set_name))

        return self.documents.update(_key(set_name), update, name=set_name, note=why)

    def _holds(self, label: Label) -> bool:
        try:
            self.documents.load(_key(label.set), revision=label)
        except (NotFoundError, ConflictError):
            return False
        except CorruptObjectError:
            pass
        return True

    def _read(self, data: object, set_name: str) -> Prompts:
        if isinstance(data, dict) and all(isinstance(text, str) for text in data.values()):
            return data
        corrupt = CorruptObjectError("this is no prompt set", key=_key(set_name))
        raise self.documents.watch.corrupt_object(corrupt)


def _key(name: str) -> str:
    return f"{ROOT}{validate_name(name, what='prompt set')}{_LEAF}"


def _set(name: str) -> AbstractContextManager[None]:
    return missing_as(PromptNotFoundError, f"no prompt set {name!r}")


def _label(name: str) -> AbstractContextManager[None]:
    return missing_as(PromptNotFoundError, f"no label {name!r}")


def _checked(files: Mapping[str, str]) -> Prompts:
    files = mapping_of(files, what="prompts", such_as=_SUCH_AS)
    for name, text in files.items():
        validate_key(name)
        if not isinstance(text, str):
            raise InvalidDataError(f"the text of prompt {name!r} is {type(text).__name__}")
    require_paths(files)
    return files
