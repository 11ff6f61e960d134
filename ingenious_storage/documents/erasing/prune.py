"""Prune: drop the old end of a document's history."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from ingenious_storage.backends.base import BlobInfo, IfMatch
from ingenious_storage.documents.erasing.purge import delete_all
from ingenious_storage.documents.erasing.remade import MARKS
from ingenious_storage.documents.erasing.rule import Rule
from ingenious_storage.documents.format.head import Head, is_rewritten
from ingenious_storage.documents.format.index import joined
from ingenious_storage.documents.format.records import HeadFields
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
    spare: Callable[[], Collection[int]] = tuple,
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
            asked again once the history was cut, so that who pins a revision at the same time
            either is heard here or sees that the revision is gone.

    Raises: ValueError when none of them says what to drop; NotFoundError. An error that comes when
    the history may be cut already has `outcome_unknown`.
    """
    rule = Rule(keep, superseded, below).checked()
    limit = rule.limit(store.files.now()) if superseded is not None else None
    for _ in store.pauses:
        head = store.existing(key)
        listed = store.reader.stored(key)
        blobs = {info.key: info for info in listed.values()}
        may_go = partial(_may_go, head, blobs, rule=rule, limit=limit)
        try:
            dropped = (
                _oldest(store, head, may_go, spare()) if _has_any(head, listed, rule, limit) else []
            )
        except CorruptObjectError:
            if store.existing(key).etag == head.etag:
                raise
            continue  # somebody pruned or purged it in between
        gone = _sizes(blobs, [segment_key(key, segment.id) for segment in dropped])
        first = dropped[-1].id.number + 1 if dropped else head.first
        if dry_run or not dropped or _apply(store, head, first, gone, spare):
            revisions = first - head.first
            return PruneReport(key, first, revisions, len(gone), sum(gone.values()), dry_run)
    raise ConflictError("it was written again and again while it was pruned", key=key)


def _apply(
    store: DocumentStore,
    head: Head,
    first: int,
    gone: Mapping[str, int],
    spare: Callable[[], Collection[int]],
) -> bool:
    """Cut the history, then delete; False when somebody wrote, or pinned what was to go."""
    if not _cut(store, head, first):
        return False
    with _in_doubt():
        if not _may_stay_cut(store, head, first, spare):
            _mend(store, head, first)
            return False
        delete_all(store, gone)
    return True


def _may_stay_cut(
    store: DocumentStore, head: Head, first: int, spare: Callable[[], Collection[int]]
) -> bool:
    try:
        spared = spare()
    except StorageError:
        # Nobody can tell what is pinned, and no later prune would bring it back.
        _mend(store, head, first)
        raise
    return not any(head.first <= number < first for number in spared)


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


def _cut(store: DocumentStore, head: Head, first: int, **more: Any) -> bool:
    """Put the same revision back with another `first`, and `more` fields; False when somebody wrote
    in between.

    It is settled as a commit is, by a mark of its own: an answer that was lost is no failure, and
    the same cut by another prune is none of this one's.
    """
    kept, mark = [e for e in head.recent if e["number"] >= first], secrets.token_hex(8)
    cuts = [*head.cuts, mark][-MARKS:]
    fields = {**head.fields, "first": first, "recent": kept, "cuts": cuts, **more}
    cut = replace(head, fields=cast(HeadFields, fields))
    try:
        info = store.files.save_bytes(
            head.key,
            cut.encode(),
            content_type=cut.content_type,
            condition=IfMatch(head.etag or ""),
        )
    except StorageError as error:
        if not (error.outcome_unknown or isinstance(error, ConflictError)):
            raise
        with _in_doubt():
            landed = mark in store.existing(head.key).cuts
        if landed or isinstance(error, ConflictError):
            return landed
        raise
    store.reader.remember(replace(cut, etag=info.etag))
    return True


def _mend(store: DocumentStore, before: Head, cut: int) -> None:
    """Undo a cut, also below what was committed since; unless somebody else cut further."""
    for _ in store.pauses:
        head = store.existing(before.key)
        if is_rewritten(before, head):
            raise ConflictError("its history was rewritten while it was pruned", key=before.key)
        # Who sealed meanwhile has left out of the index what was cut.
        index = {"segments": joined(before.fields, head.fields)} if head.index else {}
        if head.first != cut or _cut(store, head, before.first, **index):
            return
    raise ConflictError("it was written again and again while it was pruned", key=before.key)
