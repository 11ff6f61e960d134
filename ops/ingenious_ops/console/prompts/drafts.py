"""Draft: what a form says about the files of a prompt set, not committed yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from starlette.datastructures import FormData

from ingenious_ops.console.prompts.merging import has_marks, merge
from ingenious_storage.errors import AlreadyExistsError, InvalidDataError
from ingenious_storage.keys import validate_key

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DraftFile:
    """One file as somebody edits it."""

    original: str
    """Its name in the set; "" for a new file."""
    name: str
    text: str
    removed: bool = False
    mine: str = ""
    """What they wrote before it was merged with what somebody else committed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Several files that will be one revision."""

    files: Sequence[DraftFile]

    @classmethod
    def of(cls, files: Files, names: Sequence[str]) -> Self:
        """To edit some files of a set; a name that is not in it is a new file."""
        return cls(
            [DraftFile(name if name in files else "", name, files.get(name, "")) for name in names]
        )

    @classmethod
    def of_form(cls, form: FormData) -> Self:
        """As the fields of the editor say: lists, in the order of the files."""
        names = ("original", "name", "text", "mine")
        columns = [[str(value) for value in form.getlist(name)] for name in names]
        if len({len(column) for column in columns}) != 1:
            raise InvalidDataError("the form is incomplete", hint="Load the page again.")
        removed = {str(value) for value in form.getlist("removed")}
        return cls(
            [
                DraftFile(original, _name(original, name), text, str(at) in removed, mine)
                for at, (original, name, text, mine) in enumerate(zip(*columns, strict=True))
            ]
        )

    def with_file(self, files: Files, name: str) -> Self:
        """With one file more: of the set, or a new one; nothing when it is there already."""
        if name and any(name in (file.original, file.name) for file in self.files):
            return self
        return replace(self, files=[*self.files, *Draft.of(files, [name]).files])

    def without_file(self, at: int) -> Self:
        """Without the file at a position; what was written in it is given up."""
        return replace(self, files=[file for here, file in enumerate(self.files) if here != at])

    def with_text(self, at: int, text: str) -> Self:
        """With another text for the file at a position."""
        return replace(
            self,
            files=[
                replace(file, text=text, removed=False) if here == at else file
                for here, file in enumerate(self.files)
            ],
        )

    def changes(self, files: Files) -> dict[str, str | None]:
        """What to commit on top of `files`; {} when nothing is different.

        Raises: InvalidKeyError, InvalidDataError; AlreadyExistsError for a name that is taken.
        """
        found = dict[str, str | None]()
        for file in self.files:
            if file.removed or file.original not in ("", file.name):
                found[file.original] = None
        for file in self.files:
            if not file.removed:
                _require_free(file, files, found)
                found[file.name] = with_line_ends_of(file.text, files.get(file.original, ""))
        found.pop("", None)  # a new file that was crossed out again
        return {name: text for name, text in found.items() if text != files.get(name)}

    def merged(self, base: Files, newest: Files) -> tuple[Self, list[str]]:
        """On top of what somebody else made of `base`, and what happened to each file.

        What happened is one of "yours", "merged", "conflict", "removed", "same".
        """
        made = [_merged(file, base, newest) for file in self.files]
        return replace(self, files=[file for file, _ in made]), [what for _, what in made]


def with_line_ends_of(text: str, before: str) -> str:
    """`text` of a browser, which sends every line end as CR LF, with those that a file had.

    A file whose line ends are mixed keeps them only when nothing else was changed in it.
    """
    plain = _plain(text)
    if plain == _plain(before):
        return before
    is_dos = "\r\n" in before and "\n" not in before.replace("\r\n", "")
    return plain.replace("\n", "\r\n") if is_dos else plain


def is_editable(text: str) -> bool:
    """Whether a browser's form can give `text` back: HTML has no NUL."""
    return "\0" not in text


def _name(original: str, typed: str) -> str:
    return typed if typed == original else typed.strip()


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _require_free(file: DraftFile, files: Files, changes: Mapping[str, str | None]) -> None:
    if not file.name:
        raise InvalidDataError("a file has no name", hint="Give each file a name.")
    validate_key(file.name)
    if has_marks(file.text) and not has_marks(files.get(file.original, "")):
        raise InvalidDataError(
            f"{file.name!r} still has the marks of a conflict",
            hint='Decide at each "<<<<<<< yours", and take the marks out.',
        )
    is_taken = file.name != file.original and file.name in files
    if changes.get(file.name, "" if is_taken else None) is not None:
        raise AlreadyExistsError(
            f"there is a file {file.name!r} already", hint="Choose another name."
        )


def _merged(file: DraftFile, base: Files, newest: Files) -> tuple[DraftFile, str]:
    name = file.original or file.name
    before, theirs = base.get(name, ""), newest.get(name)
    mine = with_line_ends_of(file.text, before)
    if theirs is None:
        gone = name in base
        return replace(file, original="", mine=mine), "removed" if gone else "yours"
    now = replace(file, original=name, mine=mine)
    if theirs == before and name in base:
        return now, "yours"
    if file.removed:
        return replace(now, text=theirs, mine=""), "conflict"
    if theirs == mine:
        return replace(now, text=theirs), "same"
    both = merge(before, mine, theirs)
    return replace(now, text=both.text), "conflict" if both.conflicts else "merged"
