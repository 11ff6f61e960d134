"""Kind: one row of the table in `kinds`, about one resource type."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import Formatter
from typing import NamedTuple

from local.wire import Values


class NameRule(NamedTuple):
    """What a whole name must match, and the same in words."""

    pattern: str
    words: str

    def allows(self, name: str) -> bool:
        """Whether Azure takes `name` for this type."""
        return re.fullmatch(self.pattern, name) is not None


class Unique(NamedTuple):
    """Names of this type are unique in all of Azure; the error for one that is taken."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type.

    Attributes:
        id: its ARM id over the names of its inputs; the last one is its own name.
        name: what Azure asks of its own name.
        create_only: paths of inputs, besides those in the id and the location, that Azure
            cannot change.
        unique: names must be unique in all of Azure, not only in the parent.
        is_singleton: Azure has it as soon as its parent is there, so that making it changes it.
    """

    id: str
    name: NameRule
    create_only: tuple[str, ...] = ()
    unique: Unique | None = None
    is_singleton: bool = False
    fields: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        fields = (name for _, name, _, _ in Formatter().parse(self.id) if name)
        object.__setattr__(self, "fields", tuple(fields))

    @property
    def name_field(self) -> str:
        """The input that holds the resource's own name."""
        return self.fields[-1]

    def resource_id(self, inputs: Values) -> str:
        """The id that `inputs` ask for. Raises: KeyError if one that it needs is missing."""
        return self.id.format_map({name: str(inputs[name]).strip("/") for name in self.fields})
