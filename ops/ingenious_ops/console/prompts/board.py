"""Board: what each label pins, beside the revisions that it could pin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ingenious_ops.console.prompts.sets import pins_of
from ingenious_storage import Label, PromptLibrary, Revision
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import map_all
from ingenious_storage.services.kinds import PROMPT_SETS

RECENT: Final = 8
"""Revisions of a set that are shown, besides those that a label pins."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One set that some label pins."""

    set: str
    revisions: Sequence[Revision]
    """Newest first: the recent ones, and older ones that are pinned."""
    pins: dict[int, list[str]]
    """Names of labels by the number of the revision."""
    error: StorageError | None = None
    """Why the revisions cannot be told."""

    @property
    def gone(self) -> list[str]:
        """Labels whose revision is not there any more."""
        known = {revision.number for revision in self.revisions}
        return [
            name for number, names in self.pins.items() if number not in known for name in names
        ]


def lanes_of(prompts: PromptLibrary, labels: Sequence[Label]) -> list[Lane]:
    """A lane for each set that one of the labels pins, by name."""
    names = sorted({label.set for label in labels})
    one = partial(_lane, prompts, labels)
    found = map_all(one, names, workers=prompts.documents.readers)
    return [
        Lane(name, [], pins_of(labels, name), lane) if isinstance(lane, StorageError) else lane
        for name, lane in zip(names, found, strict=True)
    ]


def _lane(prompts: PromptLibrary, labels: Sequence[Label], name: str) -> Lane:
    recent = [one for one in prompts.history(name, limit=RECENT) if not one.deleted]
    known = {revision.number for revision in recent}
    pins = pins_of(labels, name)
    older = map_all(
        lambda number: prompts.documents.load(PROMPT_SETS.key(name), revision=number).revision,
        sorted({*pins} - known, reverse=True),
        workers=1,
    )
    return Lane(name, [*recent, *(one for one in older if isinstance(one, Revision))], pins)
