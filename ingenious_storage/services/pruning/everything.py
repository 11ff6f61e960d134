"""Everything: a prune of both containers, kind by kind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Final

from ingenious_storage.documents import MSGPACK, DocumentStore, PruneReport, prune
from ingenious_storage.documents.erasing.rule import Rule
from ingenious_storage.services import agents
from ingenious_storage.services.kinds import LABELS, PROMPT_SETS
from ingenious_storage.services.memory import MemoryManager
from ingenious_storage.services.prompts import PromptLibrary
from ingenious_storage.services.pruning.policy import MEMORY, PruneKind, PrunePolicy, Selection
from ingenious_storage.services.pruning.run import Place, Run
from ingenious_storage.services.pruning.summary import PruneEntry, PruneSummary
from ingenious_storage.services.pruning.wholes import Whole, Wholes

_audit: Final = logging.getLogger("ingenious_storage.audit")


@dataclass(frozen=True, slots=True)
class Everything:
    """The documents of a storage, and what may go of them."""

    memory: MemoryManager
    prompts: PromptLibrary
    policy: PrunePolicy | None
    ttls: Mapping[str, timedelta]
    selection: Selection

    def prune(
        self, *, dry_run: bool, on_entry: Callable[[PruneEntry], None] | None
    ) -> PruneSummary:
        """Raises: ValueError and TypeError of what was asked, before any I/O."""
        self.selection.check(self.policy, self.ttls)
        summary, seen = PruneSummary(dry_run), set[str]()
        for place in self._places():
            run = Run(place, self.ttls, summary, seen)
            for entry in run.entries():
                summary.add(entry)
                if entry.done == "kept":
                    continue
                (on_entry or summary.entries.append)(entry)
        names = {name for name in self.ttls if self.selection.means(name)}
        summary.without_documents = tuple(sorted({*names, *self.selection.frameworks} - seen))
        _audit.info(
            "prune%s: %d documents erased, %d revisions of %d documents dropped, %d failed",
            " (dry run)" if dry_run else "",
            summary.erased,
            summary.revisions,
            summary.pruned,
            summary.failed,
        )
        return summary

    def _places(self) -> Iterator[Place]:
        """Those of the containers that are there."""
        kinds = self.selection.kinds
        data, library = self.memory.documents, self.prompts.documents
        if {"memory", "agents"} & {*kinds} and data.files.container_exists():
            if "memory" in kinds and self._has_work(MEMORY):
                yield self._place("memory", data, self.memory.kind.root, _alone(MEMORY))
            if "agents" in kinds:
                yield from self._frameworks(data.encoded(MSGPACK))
        if self.policy is None or not library.files.container_exists():
            return
        if "prompts" in kinds:
            yield self._sets(self.policy)
        if "label" in kinds:
            yield self._place("label", library, LABELS.root, _alone("label"))

    def _has_work(self, name: str) -> bool:
        return self.policy is not None or name in self.ttls

    def _frameworks(self, store: DocumentStore) -> Iterator[Place]:
        """One listing of all of them, unless only some are meant."""
        names = tuple(self.selection.frameworks)
        if self.policy is None:
            names = tuple(
                name for name in self.ttls if name != MEMORY and self.selection.means(name)
            )
        roots = (f"{agents.ROOT}{name}/" for name in names)
        whole_of = Wholes(store.files).of
        for root in roots if names or self.policy is None else (agents.ROOT,):
            yield self._place("agents", store, root, whole_of)

    def _place(
        self, kind: PruneKind, store: DocumentStore, root: str, whole_of: Callable[[str], Whole]
    ) -> Place:
        policy = self.policy
        if policy is None:
            return Place(kind, store, root, whole_of, None, partial(prune, store))
        call = partial(prune, store, keep=policy.keep, superseded=policy.superseded)
        return Place(kind, store, root, whole_of, lambda _key: policy.rule(), call)

    def _sets(self, policy: PrunePolicy) -> Place:
        @cache
        def oldest_pins() -> dict[str, int]:
            pins: dict[str, int] = {}
            for label in self.prompts.list_labels():
                pins[label.set] = min(label.number, pins.get(label.set, label.number))
            return pins

        def rule_of(key: str) -> Rule:
            if not policy.below_labels:
                return policy.rule()
            return policy.rule(below=oldest_pins().get(_set_of(key), 1))

        def call(key: str, *, dry_run: bool) -> PruneReport:
            return self.prompts.prune_set(
                _set_of(key),
                keep=policy.keep,
                superseded=policy.superseded,
                below_labels=policy.below_labels,
                dry_run=dry_run,
            )

        store, root = self.prompts.documents, PROMPT_SETS.root
        return Place("prompts", store, root, _alone("prompts"), rule_of, call)


def _set_of(key: str) -> str:
    return PROMPT_SETS.segment(key)


def _alone(name: str) -> Callable[[str], Whole]:
    return partial(Whole, name)
