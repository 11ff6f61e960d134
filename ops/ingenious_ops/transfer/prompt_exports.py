"""Exports of prompt sets: each is read anywhere, and becomes a folder where the command runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingenious_storage import PromptLibrary, RevisionId, StorageError
from ingenious_storage.services.prompt_files import Prompts


@dataclass(frozen=True, slots=True)
class SetRevision:
    """One revision of a prompt set; None is the newest."""

    set: str
    revision: int | RevisionId | None = None


@dataclass(frozen=True, slots=True)
class LoadedSet:
    """The prompts of a set, or why they cannot be read. Plain data."""

    wanted: SetRevision
    prompts: Prompts | None = None
    error: StorageError | None = None

    def files(self) -> Prompts:
        """The prompts. Raises: the error."""
        if self.error is not None:
            raise self.error
        assert self.prompts is not None
        return self.prompts


def load_sets(library: PromptLibrary, wanted: Iterable[SetRevision]) -> Iterator[LoadedSet]:
    """Each of them, in their order."""
    for each in wanted:
        try:
            yield LoadedSet(each, library.get_set(each.set, revision=each.revision))
        except StorageError as error:
            yield LoadedSet(each, error=error)
