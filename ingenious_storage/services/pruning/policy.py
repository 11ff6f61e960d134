"""Policy: which revisions of all documents may go, and which documents are meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from ingenious_storage.arguments import of_kind
from ingenious_storage.documents.erasing.rule import Rule

PruneKind = Literal["memory", "prompts", "label", "agents"]
KINDS: Final[tuple[PruneKind, ...]] = get_args(PruneKind)
MEMORY: Final = "memory"
_AGE: Final = "such as timedelta(days=90)"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunePolicy:
    """Which revisions may go. Where several parts are given, each of them has to allow it.

    The newest revision stays, what a label pins stays with all that is newer, and of a document
    that was deleted stays what `restore` brings back. Whole segments go, of 32 revisions or so.

    Attributes:
        keep: how many of the newest revisions of each document stay.
        superseded: only revisions that were superseded longer ago, by the store's own clock.
        below_labels: only revisions of prompt sets that are older than the oldest one that a label
            pins. A set that no label pins stays as it is.

    Raises: ValueError when no part is given, or one means nothing; TypeError.
    """

    keep: int | None = None
    superseded: timedelta | None = None
    below_labels: bool = False

    def __post_init__(self) -> None:
        if self.keep is not None:
            of_kind(self.keep, int, "such as 20")
        if self.superseded is not None:
            of_kind(self.superseded, timedelta, _AGE)
        self.rule(below=1 if self.below_labels else None).checked()

    def rule(self, *, below: int | None = None) -> Rule:
        """For one document; `below` is its oldest revision that a label pins."""
        return Rule(self.keep, self.superseded, below)


@dataclass(frozen=True, slots=True)
class Selection:
    """The documents that are meant: some kinds, of `agents` perhaps some frameworks alone."""

    kinds: Collection[PruneKind]
    frameworks: Collection[str]

    @classmethod
    def of(cls, kinds: Iterable[PruneKind], frameworks: Iterable[str]) -> Selection:
        """None of both means everything; frameworks alone mean no other kind.

        Raises: ValueError for an unknown kind, and for frameworks where `agents` is not meant.
        """
        names, asked = tuple(frameworks), frozenset(kinds)
        if unknown := sorted(map(repr, asked - set(KINDS))):
            raise ValueError(f"{', '.join(unknown)} is no kind; there are {', '.join(KINDS)}")
        if names and asked and "agents" not in asked:
            raise ValueError("frameworks are named, and the kind agents is not among those named")
        every = asked or (("agents",) if names else KINDS)
        return cls(tuple(each for each in KINDS if each in every), names)

    def check(self, policy: PrunePolicy | None, ttls: Mapping[str, timedelta]) -> None:
        """Raises: ValueError when there is nothing to do, or labels are asked where none are;
        TypeError for a TTL that is no time."""
        for name, ttl in ttls.items():
            if of_kind(ttl, timedelta, _AGE) < timedelta(0):
                raise ValueError(f"the TTL of {name} is {ttl}; give a time of 0 or more")
        if policy is None and not any(map(self.means, ttls)):
            raise ValueError(
                "nothing says what may go: give a policy, or a TTL of what is chosen "
                "(storage.ttl_days)"
            )
        if policy is not None and policy.below_labels and tuple(self.kinds) != ("prompts",):
            raise ValueError("labels pin prompt sets alone: choose the kind prompts, and no other")

    def means(self, name: str) -> bool:
        """Whether what this name has a TTL of is chosen."""
        if name == MEMORY:
            return MEMORY in self.kinds
        return "agents" in self.kinds and (not self.frameworks or name in self.frameworks)
