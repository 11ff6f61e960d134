"""Prune: drop the old end of a document's history."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents.erasing.again import put_again
from ingenious_storage.documents.erasing.purge import delete_all
from ingenious_storage.documents.erasing.remade import MARKS
from ingenious_storage.documents.erasing.rule import Rule
from ingenious_storage.documents.erasing.withdrawal import Spare, Withdrawal
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import Segment, segment_key
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.errors import ConflictError, CorruptObjectError, StorageError


@dataclass(frozen=True, slots=True)
class PruneReport:
    """What a prune dropped, or would drop in a dry run."""

    key: str
    first: int
    """The oldest revision that is kept."""
    revisions: int
    blobs: int
    bytes: int
    dry_run: bool


@traced
def prune(
    store: DocumentStore,
    key: str,
    *,
    keep: int | None = None,
    superseded: timedelta | None = None,
    below: int | None = None,
    spare: Spare | None = None,
    dry_run: bool = False,
) -> PruneReport:
    """Drop whole segments from the old end of a document's history.

    Of `keep`, `superseded` and `below` one or more are given; a revision goes only when each of
    them allows it.

    Args:
        keep: how many of the newest revisions must stay.
        superseded: drop only what was superseded longer ago, by the storage's own clock.
        below: drop only revisions with smaller numbers.
        spare: asks for the numbers of revisions that must stay, with all that is newer. It is
            asked again once what is to go is withdrawn, so that who pins a revision at the same
            time either is heard here, or is told by `DocumentStore.require_kept`. That costs a
            write more.

    Raises: ValueError when none of them says what to drop; NotFoundError. An error that comes when
    the history may be cut already has `outcome_unknown`.
    """
    rule = Rule(keep, superseded, below).checked()
    limit = rule.limit(store.files.now()) if superseded is not None else None
    with Withdrawal(store, spare) as withdrawal:
        return _pruned(store, key, rule, limit, withdrawal, dry_run=dry_run)


def _pruned(
    store: DocumentStore,
    key: str,
    rule: Rule,
    limit: datetime | None,
    withdrawal: Withdrawal,
    *,
    dry_run: bool,
) -> PruneReport:
    for _ in store.pauses:
        head = store.existing(key)
        try:
            dropped, gone = _due(store, head, rule, limit, withdrawal.spare or tuple)
        except CorruptObjectError:
            if store.existing(key).etag == head.etag:
                raise
            continue  # somebody pruned or purged it in between
        first = dropped[-1].id.number + 1 if dropped else head.first
        if not dropped and not dry_run:
            withdrawal.clear(head)
        if dry_run or not dropped or _apply(store, head, first, gone, withdrawal):
            revisions = first - head.first
            return PruneReport(key, first, revisions, len(gone), sum(gone.values()), dry_run)
    raise ConflictError("it was written again and again while it was pruned", key=key)


def _due(
    store: DocumentStore, head: Head, rule: Rule, limit: datetime | None, spare: Spare
) -> tuple[list[Segment], dict[str, int]]:
    """The segments that may go, oldest first, and the size of each by its key."""
    listed = store.reader.stored(head.key)
    if not _has_any(head, listed, rule, limit):
        return [], {}
    blobs = {info.key: info for info in listed.values()}
    may_go = partial(_may_go, head, blobs, rule=rule, limit=limit)
    dropped = _oldest(store, head, may_go, spare())
    return dropped, _sizes(blobs, [segment_key(head.key, segment.id) for segment in dropped])


def _apply(
    store: DocumentStore,
    head: Head,
    first: int,
    gone: Mapping[str, int],
    withdrawal: Withdrawal,
) -> bool:
    """Cut the history, then delete; False when somebody wrote, or pinned what was to go."""
    base = withdrawal.behind(head, range(head.first, first))
    if base is None or not _cut(store, base, first):
        return False
    with _in_doubt():
        delete_all(store, gone)
    return True


@contextmanager
def _in_doubt() -> Iterator[None]:
    """An error is no longer one of a call that has done nothing."""
    try:
        yield
    except StorageError as error:
        error.outcome_unknown = True
        error.hint = "Its history may be cut; prune it again, or run gc, for what is left of it."
        raise


def _sizes(blobs: Mapping[str, BlobInfo], keys: Iterable[str]) -> dict[str, int]:
    return {key: blobs[key].size for key in keys if key in blobs}


def _has_any(
    head: Head, listed: Mapping[RevisionId, BlobInfo], rule: Rule, limit: datetime | None
) -> bool:
    """Whether a listing has a segment that may go: else none has to be read."""
    return any(
        rule.allows(each.number, info.last_modified, newest=head.number, limit=limit)
        for each, info in listed.items()
        if each.number >= head.first
    )


def _may_go(
    head: Head,
    blobs: Mapping[str, BlobInfo],
    segment: Segment,
    *,
    rule: Rule,
    limit: datetime | None,
) -> bool:
    # The newest revision may be in a segment already; and what `restore` brings back.
    number = segment.id.number
    if number >= head.number - head.deleted:
        return False
    info = blobs.get(segment_key(head.key, segment.id))
    written = None if info is None else info.last_modified
    return rule.allows(number, written, newest=head.number, limit=limit)


def _oldest(
    store: DocumentStore,
    head: Head,
    may_go: Callable[[Segment], bool],
    spared: Collection[int],
) -> list[Segment]:
    found = []
    for segment in reversed(list(store.reader.segments(head, head.first))):
        pinned = any(segment.first <= number <= segment.id.number for number in spared)
        if pinned or not may_go(segment):
            break
        found.append(segment)
    return found


def _cut(store: DocumentStore, head: Head, first: int) -> bool:
    """Put the same revision back with another `first`; False when somebody wrote in between.

    It is settled as a commit is, by a mark of its own: an answer that was lost is no failure, and
    the same cut by another prune is none of this one's.
    """
    kept, mark = [e for e in head.recent if e["number"] >= first], secrets.token_hex(8)
    cuts = [*head.cuts, mark][-MARKS:]
    fields: dict[str, Any] = {**head.fields, "first": first, "recent": kept, "cuts": cuts}
    fields.pop("withdrawn", None)
    try:
        put_again(store, head, fields)
    except StorageError as error:
        if not (error.outcome_unknown or isinstance(error, ConflictError)):
            raise
        with _in_doubt():
            landed = mark in store.existing(head.key).cuts
        if landed or isinstance(error, ConflictError):
            return landed
        raise
    return True
