"""Prompt sets: each one versioned document, from file names to texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ingenious_storage.arguments import mapping_of
from ingenious_storage.diffs import Differ
from ingenious_storage.documents import DocumentStore, Note, Revision, RevisionId, note, number_of
from ingenious_storage.errors import (
    CorruptObjectError,
    PromptNotFoundError,
    missing_as,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.kinds import PROMPT_SETS, is_prompt_key
from ingenious_storage.services.labels import Label
from ingenious_storage.services.prompt_files import (
    SUCH_AS,
    Prompts,
    checked_prompts,
    crossing,
    is_left_out,
    left_out,
    read_directory,
    require_paths,
    write_directory,
)
from ingenious_storage.wiring import documents_of


@dataclass(frozen=True, slots=True)
class SetSnapshot:
    """The prompts of a set with their revision, to hand back as `expected=`."""

    prompts: Prompts
    revision: Revision


class PromptSets(Unpickled):
    """Prompt sets of one container, without their labels. Thread-safe.

    A set is one document, so that a commit of several prompts is seen whole or not at all, one
    request reads them all, and a held set costs one conditional request.
    """

    def __init__(
        self, file_storage: FileStorage | None = None, *, documents: DocumentStore | None = None
    ) -> None:
        self.documents = documents or documents_of(
            file_storage, role="revisions", owns=is_prompt_key
        )

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
        key, start = PROMPT_SETS.key(name), dict[str, str]()
        new = {} if files is None else checked_prompts(files)
        if isinstance(source, Label):
            start = self.get_set(source.set, revision=source)
        elif source is not None:
            start = self.get_set(source)
        data = {**start, **new}
        require_paths(data)
        return self.documents.create(key, data, name=name, note=note(author, message))

    def list_sets(self) -> Iterator[str]:
        """Names of the sets that are not deleted, in order."""
        for key in self.documents.list(PROMPT_SETS.root):
            yield PROMPT_SETS.segment(key)

    def get_set(self, name: str, *, revision: int | RevisionId | None = None) -> Prompts:
        """All prompts of a set, newest or as they were at a revision or label."""
        return self.snapshot(name, revision=revision).prompts

    def snapshot(self, name: str, *, revision: int | RevisionId | None = None) -> SetSnapshot:
        """As `get_set`, with the revision, to hand back as `commit(expected=)`."""
        with missing_set(name):
            document = self.documents.load(PROMPT_SETS.key(name), revision=revision)
        return SetSnapshot(self._read(document.data, name), document.revision)

    def get(self, set_name: str, name: str, *, revision: int | RevisionId | None = None) -> str:
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
        expected: int | RevisionId | None = None,
        check: Callable[[Prompts], None] | None = None,
        create: bool = False,
        author: str | None = None,
        message: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Revision:
        """Change several prompts in one revision; None as text takes a prompt out.

        Prompts that stay as they are make no revision: then this is the one that is there.

        Args:
            expected: the revision that has to be the newest, else ConflictError. Without it the
                changes go on top of whatever others committed.
            check: is given the prompts that the changes go on top of, and raises what forbids it;
                it may be called several times.
            create: whether a set that is not there, or is deleted, is made of the changes.
        """
        changes = mapping_of(changes, what="changes", such_as=SUCH_AS)
        checked_prompts({name: text for name, text in changes.items() if text is not None})

        def change(files: Prompts) -> Prompts:
            if check is not None:
                check(files)
            new = {**files, **changes}
            left = {name: text for name, text in new.items() if text is not None}
            if files.keys() != left.keys() and crossing(files) is None:
                require_paths(left)  # an older set may have such names: then it can be mended
            return left

        why = note(author, message, tags)
        return self._update(set_name, change, why, create=create, expected=expected)

    def history(self, set_name: str, *, limit: int | None = 20) -> list[Revision]:
        """Revisions newest first (None: all), of deleted sets as well."""
        with missing_set(set_name):
            return self.documents.history(PROMPT_SETS.key(set_name), limit=limit)

    def kept_revisions(self, set_name: str) -> range:
        """The numbers of the revisions that are kept, of deleted sets as well."""
        with missing_set(set_name):
            return self.documents.kept_revisions(PROMPT_SETS.key(set_name))

    def landed(self, set_name: str, write_id: str, *, number: int | None = None) -> Revision | None:
        """What became of a CommitUnknownError of a set: as `MemoryManager.landed`."""
        return self.documents.landed(PROMPT_SETS.key(set_name), write_id, number=number)

    def diff(
        self,
        set_name: str,
        old: int | RevisionId,
        new: int | RevisionId | None = None,
        *,
        other: str | None = None,
    ) -> str:
        """A unified diff, file by file, of two revisions; `other`: `new` is of that set."""
        before = self.get_set(set_name, revision=old)
        after = self.get_set(other or set_name, revision=new)
        differ = Differ()
        return "".join(
            differ.unified(
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
        revision: int | RevisionId,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """A new revision with the prompts of `revision`; nothing in between is lost.

        Raises: RevisionNotFoundError, RevisionPrunedError; ConflictError when a RevisionId is of
        another lineage, or `expected` is not the newest revision.
        """
        why = note(author, message or f"Rollback to revision {number_of(revision)}")
        with missing_set(set_name):
            key = PROMPT_SETS.key(set_name)
            return self.documents.rollback(key, revision, note=why, expected=expected)

    def delete_set(
        self,
        set_name: str,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Add a revision without data; labels that pin a revision of it go on working.

        `restore_set` undoes it. Raises: ConflictError when `expected` is not the newest revision.
        """
        with missing_set(set_name):
            key = PROMPT_SETS.key(set_name)
            return self.documents.delete(key, note=note(author, message), expected=expected)

    def restore_set(
        self,
        set_name: str,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Undo a delete; a set that is not deleted stays as it is.

        Raises: ConflictError when `expected` is not the newest revision.
        """
        with missing_set(set_name):
            key = PROMPT_SETS.key(set_name)
            return self.documents.restore(key, note=note(author, message), expected=expected)

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
        found = checked_prompts(read_directory(Path(directory)))
        why = note(author, message or f"Import of {Path(directory).name}")
        unread = left_out(Path(directory))

        def change(files: Prompts) -> Prompts:
            kept = {name: text for name, text in files.items() if is_left_out(name, unread)}
            return checked_prompts({**kept, **found})

        return self._update(set_name, change, why, create=True)

    def export_directory(
        self,
        set_name: str,
        directory: Path | str,
        *,
        revision: int | RevisionId | None = None,
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
        why: Note,
        *,
        create: bool = False,
        expected: int | RevisionId | None = None,
    ) -> Revision:
        def update(data: object) -> Prompts:
            if data is None and not create:
                raise PromptNotFoundError(f"no prompt set {set_name!r}")
            return change({} if data is None else self._read(data, set_name))

        key = PROMPT_SETS.key(set_name)
        return self.documents.update(key, update, name=set_name, note=why, expected=expected)

    def _read(self, data: object, set_name: str) -> Prompts:
        if isinstance(data, dict) and all(isinstance(text, str) for text in data.values()):
            return data
        corrupt = CorruptObjectError("this is no prompt set", key=PROMPT_SETS.key(set_name))
        raise self.documents.telemetry.corrupt_object(corrupt)


def missing_set(name: str) -> AbstractContextManager[None]:
    """What a missing document means inside: PromptNotFoundError."""
    return missing_as(PromptNotFoundError, f"no prompt set {name!r}")
