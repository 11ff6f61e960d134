"""Sets: prompt sets as pages list and show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from ingenious_storage import Label, PromptLibrary, Revision
from ingenious_storage.errors import (
    NotFoundError,
    RevisionNotFoundError,
    StorageError,
)
from ingenious_storage.runtime.parallel import map_all
from ingenious_storage.services.kinds import PROMPT_SETS

PAGE: Final = 50
"""Sets on one page of the list."""


@dataclass(frozen=True, slots=True)
class SetRow:
    """One set in a list."""

    name: str
    newest: Revision | None
    """None when the set cannot be read: then `error` says why."""
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class SetPage:
    """A part of the list."""

    rows: list[SetRow]
    after: str | None
    """The name that the next page begins after; None on the last."""


@dataclass(frozen=True, slots=True)
class SetView:
    """One set, at one of its revisions."""

    name: str
    newest: Revision
    shown: Revision
    files: Mapping[str, str]

    @property
    def is_newest(self) -> bool:
        """Whether this is how the set is now."""
        return self.shown.id == self.newest.id


def list_sets(prompts: PromptLibrary, *, prefix: str = "", after: str = "") -> SetPage:
    """Sets whose names begin with `prefix`, by name, those after `after`; not the deleted ones."""
    names = (name for name in prompts.list_sets() if name.startswith(prefix) and name > after)
    return _page(prompts, names)


def list_deleted(prompts: PromptLibrary, *, prefix: str = "", after: str = "") -> SetPage:
    """The same of sets that were deleted and can be restored."""
    keys = prompts.documents.marked(PROMPT_SETS.root)
    names = sorted(PROMPT_SETS.segment(key) for key in keys if PROMPT_SETS.owns(key))
    alive = set(prompts.list_sets()) if names else set[str]()
    return _page(
        prompts,
        (n for n in names if n not in alive and n.startswith(prefix) and n > after),
    )


def view_of(prompts: PromptLibrary, name: str, revision: int | None = None) -> SetView:
    """A set at a revision, or as it is now; at a deletion it has no files.

    Raises: PromptNotFoundError, RevisionNotFoundError.
    """
    newest = newest_of(prompts, name)
    wanted = newest.number if revision is None else revision
    try:
        found = prompts.snapshot(name, revision=wanted)
    except RevisionNotFoundError:
        raise
    except NotFoundError:  # there is such a revision, and it is a deletion
        return SetView(name, newest, _entry(prompts, newest, name, wanted), {})
    return SetView(name, newest, found.revision, found.prompts)


def newest_of(prompts: PromptLibrary, name: str) -> Revision:
    """The newest revision, of a deleted set as well. Raises: PromptNotFoundError."""
    return prompts.history(name, limit=1)[0]


def pins_of(labels: Iterable[Label], name: str) -> dict[int, list[str]]:
    """Names of the labels that pin a set, by the number of the revision."""
    found = dict[int, list[str]]()
    for label in labels:
        if label.set == name:
            found.setdefault(label.number, []).append(label.name)
    return found


def pins_by_set(labels: Iterable[Label], names: Collection[str]) -> dict[str, list[Label]]:
    """The labels that pin each of the sets."""
    found: dict[str, list[Label]] = {name: [] for name in names}
    for label in labels:
        if label.set in found:
            found[label.set].append(label)
    return found


def _entry(prompts: PromptLibrary, newest: Revision, name: str, number: int) -> Revision:
    return prompts.history(name, limit=newest.number - number + 1)[-1]


def _page(prompts: PromptLibrary, names: Iterable[str]) -> SetPage:
    chosen = list(islice(names, PAGE + 1))
    more, chosen = len(chosen) > PAGE, chosen[:PAGE]
    heads = map_all(partial(newest_of, prompts), chosen, workers=prompts.documents.readers)
    rows = [_row(name, head) for name, head in zip(chosen, heads, strict=True)]
    return SetPage(
        [row for row in rows if not isinstance(row.error, NotFoundError)],  # purged meanwhile
        chosen[-1] if more else None,
    )


def _row(name: str, head: Revision | StorageError) -> SetRow:
    return SetRow(name, None, head) if isinstance(head, StorageError) else SetRow(name, head)
