"""REF: which revision of which prompt set a command is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ingenious_storage import PromptLibrary, RevisionId
    from ingenious_storage.services.prompt_files import Prompts


@dataclass(frozen=True)
class Ref:
    """As it was written; `resolve` asks the library what it means."""

    text: str

    def resolve(self, library: PromptLibrary) -> Resolved:
        """Raises: PromptNotFoundError for an unknown label, InvalidKeyError."""
        name, mark, revision = self.text.partition("@")
        if not mark:
            return Resolved(name, None)
        if name:
            return Resolved(name, int(revision))
        label = library.get_label(revision)
        return Resolved(label.set, label)


@dataclass(frozen=True)
class Resolved:
    """A prompt set, and one of its revisions."""

    set: str
    revision: int | RevisionId | None
    """None: the newest."""

    @property
    def number(self) -> int | None:
        """The number of the revision, None for the newest."""
        if self.revision is None or isinstance(self.revision, int):
            return self.revision
        return self.revision.number

    def prompts(self, library: PromptLibrary) -> Prompts:
        """The prompts of that revision. Raises: NotFoundError and what the store answers."""
        return library.get_set(self.set, revision=self.revision)

    def pinned(self, library: PromptLibrary) -> Resolved:
        """The same, with the newest revision as it is now."""
        if self.revision is not None:
            return self
        return Resolved(self.set, library.history(self.set, limit=1)[0].number)

    def __str__(self) -> str:
        return self.set if self.number is None else f"{self.set}@{self.number}"


def parse_ref(value: str | Ref) -> Ref:
    """The type of REF arguments and options."""
    if isinstance(value, Ref):
        return value
    if not re.fullmatch(r"[^@]+(@\d{1,9})?|@[^@]+", value):
        raise click.BadParameter(f"{value!r} is not SET, SET@REVISION or @LABEL")
    return Ref(value)
