"""Run: a prune of all documents of one kind, as listings show them, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Final

from ingenious_storage.documents import DocumentStore, PruneReport
from ingenious_storage.documents.checking.stored import Stored, stored
from ingenious_storage.documents.erasing.rule import Rule, before
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import (
    AuthenticationError,
    ContainerNotFoundError,
    KeyRefusedError,
    KeyUnavailableError,
    NotFoundError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
)
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services.pruning.expiry import Expiry
from ingenious_storage.services.pruning.policy import PruneKind
from ingenious_storage.services.pruning.summary import PruneEntry, PruneSummary
from ingenious_storage.services.pruning.wholes import Whole

_FATAL: Final = (
    AuthenticationError,
    ContainerNotFoundError,
    KeyRefusedError,
    KeyUnavailableError,
    PermissionDeniedError,
)
"""What one document meets, and every other one would."""


@dataclass(frozen=True, slots=True)
class Place:
    """Documents of one kind, and what may go of them.

    Attributes:
        root: what their keys begin with.
        whole_of: what stays or goes together with a document.
        rule_of: what may go of a document, by its key; None without a policy.
        prune: cut one history; `dry_run` is its keyword.
    """

    kind: PruneKind
    store: DocumentStore
    root: str
    whole_of: Callable[[str], Whole]
    rule_of: Callable[[str], Rule] | None
    prune: Callable[..., PruneReport]


@dataclass(frozen=True, slots=True)
class _Work:
    """What has to be looked at more closely than by a listing."""

    whole: Whole
    documents: Sequence[Stored]
    expiry: Expiry | None
    """None when its TTL has not passed, as far as a listing tells."""
    prunable: Sequence[str]


@dataclass
class Run:
    """One place of a run; `seen` are the names of `Whole` that have documents."""

    place: Place
    ttls: Mapping[str, timedelta]
    summary: PruneSummary
    seen: set[str] = field(default_factory=set)
    _ended: bool = False
    """A document met what every other one would: no more are begun."""

    def entries(self) -> Iterator[PruneEntry]:
        """What became of each document that changed or failed, or was written meanwhile.

        A failure that every document would meet ends this place, and is an entry too. Raises:
        OperationTimeoutError when the caller's deadline passes.
        """
        try:
            self._now = self.place.store.files.now()
            workers = self.place.store.workers
            for found in map_stream(self._one, self._work(), workers=workers, batch=1):
                yield from found
        except OperationTimeoutError:
            raise
        except StorageError as error:
            yield PruneEntry(self.place.kind, self.place.root, "failed", error=error)

    def _work(self) -> Iterator[_Work]:
        """Those of which a listing alone does not say that nothing goes."""
        place, markers = self.place, bool(self.ttls)
        listed = stored(place.store, place.root, markers=markers)
        for whole, group in groupby(listed, key=lambda each: place.whole_of(each.key)):
            if self._ended:
                return
            found = [each for each in group if each.head is not None]
            if found:
                self.summary.documents += len(found)
                self.seen.add(whole.name)
            expiry = self._due(whole, found)
            prunable = [each.key for each in found if self._may_lose(each)]
            if expiry or prunable:
                yield _Work(whole, found, expiry, prunable)

    def _due(self, whole: Whole, listed: Sequence[Stored]) -> Expiry | None:
        ttl = self.ttls.get(whole.name)
        if ttl is None or whole.lasts:
            return None
        limit, place = before(self._now, ttl), self.place
        expiry = Expiry(place.kind, place.store, limit, self.summary.dry_run)
        return expiry if expiry.is_due(listed) else None

    def _may_lose(self, document: Stored) -> bool:
        """Whether the oldest segment may go, as far as a listing tells."""
        if self.place.rule_of is None or not document.segments:
            return False
        numbers = [each.number for each in document.segments]
        oldest = min(document.segments, key=lambda each: each.number)
        rule = self.place.rule_of(document.key)
        return rule.allows(
            oldest.number,
            document.segments[oldest].last_modified,
            newest=max(numbers) + MAX_ENTRIES,  # the head has at most so many that are not sealed
            limit=rule.limit(self._now),
        )

    def _one(self, work: _Work) -> list[PruneEntry]:
        if self._ended:
            return []
        gone = self._expired(work.expiry, work) if work.expiry else []
        return gone or [entry for key in work.prunable for entry in self._pruned(key)]

    def _expired(self, expiry: Expiry, work: _Work) -> list[PruneEntry]:
        try:
            return expiry.erase(work.whole, work.documents)
        except OperationTimeoutError:
            raise
        except StorageError as error:
            return [self._failed(each.key, error) for each in work.documents]

    def _pruned(self, key: str) -> Iterator[PruneEntry]:
        try:
            report = self.place.prune(key, dry_run=self.summary.dry_run)
        except NotFoundError:  # it was purged
            return
        except OperationTimeoutError:
            raise
        except StorageError as error:
            yield self._failed(key, error)
        else:
            if report.revisions:
                yield PruneEntry.of_prune(self.place.kind, report)

    def _failed(self, key: str, error: StorageError) -> PruneEntry:
        self._ended = self._ended or isinstance(error, _FATAL)
        return PruneEntry(self.place.kind, key, "failed", error=error)
