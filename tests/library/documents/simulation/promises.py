"""Promises: what must be true at the end of each run, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import zstandard

from ingenious_storage.documents import (
    DocumentStore,
    PurgeReceipt,
    Revision,
    gc,
    purge,
    repair,
    verify,
)
from ingenious_storage.documents.format.head import Head, visible
from ingenious_storage.errors import KeyDestroyedError, NotFoundError
from ingenious_storage.layers.encrypt.envelope import key_id_of
from ingenious_storage.services.kinds import LABELS
from tests.library.documents.simulation.actors import Call
from tests.library.documents.simulation.scenario import KEY, OTHER, SECRET, SET, Ended, owns

LABEL = LABELS.key("production")
KEYS = (KEY, OTHER, SET, LABEL)
REDACTED = ["redacted"]
LONG = timedelta(days=2)
"""Beyond the grace."""


@dataclass(frozen=True)
class Told:
    """A document as somebody reads it who comes later."""

    head: Head | None
    """None when there is none, or a purge has left it."""
    revisions: list[tuple[Revision, Any]]
    """Oldest first, each with its data; None for a deletion."""

    def of(self, call: Call) -> list[tuple[Revision, Any]]:
        """The revisions that this call has made: its message is the last in their data. Not those
        of a restore."""
        mine = [each for each in self.revisions if each[1] and each[1][-1] == call.name]
        deletions = {revision.number for revision, data in self.revisions if data is None}
        return [each for each in mine if each is mine[0] or each[0].number - 1 not in deletions]


def told(store: DocumentStore, key: str) -> Told:
    """Each revision that is kept, rebuilt."""
    head = visible(store.reader.read(key))
    if head is None:
        return Told(None, [])
    history = store.history(key, limit=None)[::-1]
    assert [each.number for each in history] == [*range(head.first, head.number + 1)], "a gap"
    assert len({each.write_id for each in history}) == len(history), "a revision is there twice"
    return Told(head, [(each, _data(store, key, each)) for each in history])


def _data(store: DocumentStore, key: str, revision: Revision) -> Any:
    return None if revision.deleted else store.load(key, revision=revision).data


def document_of(ended: Ended) -> Told:
    """That of the scenario, as the run has left it."""
    known = ended.known.get("told")
    if known is None:
        known = ended.known["told"] = told(ended.store, ended.scenario.key)
    assert isinstance(known, Told)
    return known


def all_is_well(ended: Ended) -> None:
    """What `verify` and `gc` have to say, at once and later: nothing is damaged, nothing stays
    that belongs to nobody, and nothing else goes."""
    store = ended.store
    before = {key: told(store, key) for key in KEYS}
    _verified(store)
    for _ in range(2):  # a key that was never used is young again when others of its record go
        ended.world.pass_by(LONG)
        gc(store)
    new = ended.scenario.store(ended.world, ended.world)
    after = {key: told(new, key) for key in KEYS}
    assert after == before, "gc has changed a document"
    assert _verified(new) == (), "gc has left orphans"
    listed = [*new.list("")]
    for key, document in after.items():
        is_there = document.head is not None and not document.head.deleted
        assert (key in listed) is is_there, "a listing differs from a load"
        keys = new.files.document_keys(key)
        assert keys is None or len(keys) == (document.head is not None), "a key of nobody is left"
        if document.head is None:
            left = [name for name in new.files.list_keys() if key in name]
            assert left == [], "something is left of nothing"


def all_is_well_once_repaired(ended: Ended) -> None:
    """Where a repair was cut short, another one comes later."""
    repair(ended.store, dry_run=False)
    all_is_well(ended)


def all_is_well_but_half_a_copy(ended: Ended) -> None:
    """What a copy leaves that dies has no head, and a purge takes it away."""
    store = ended.store
    if store.head(OTHER) is None and store.reader.stored(OTHER):
        purge(store, OTHER)
    all_is_well(ended)


def _verified(store: DocumentStore) -> tuple[str, ...]:
    report = verify(store)
    assert report.problems == (), report.problems
    return report.orphans


def appends_are_kept(ended: Ended) -> None:
    """Each append that was acknowledged is there once, none that was refused is, and they are in
    an order that real time allows. Nobody was refused without a reason."""
    document = document_of(ended)
    erased = [each for each in ended.named("purge") if each.outcome != "refused"]
    for call in ended.named("append"):
        found = document.of(call)
        assert len(found) <= 1, f"{call.name} is there twice"
        if call.outcome == "refused":
            assert not found, f"{call.name} was refused, and is there"
            may = call.hit or erased or ended.calls_of("delete", "repair")
            assert may, f"{call.name} had no reason"
        if call.outcome == "done" and not found:
            _went_with_a_purge(call, document, erased)
        if call.outcome == "done" and found:
            assert found[0][0] == call.result, f"{call.name} is another revision"
    _in_real_time(document, ended)


def _went_with_a_purge(call: Call, document: Told, erased: Iterable[Call]) -> None:
    behind = call.behind or frozenset()
    possible = [each for each in erased if each.name not in behind]
    assert possible, f"{call.name} was acknowledged, and is lost"
    receipts = [each.result for each in possible if isinstance(each.result, PurgeReceipt)]
    may = len(receipts) < len(possible) or document.revisions
    taken = [each for each in receipts if (each.revisions or 0) >= call.result.number]
    assert may or taken, f"{call.name} is in no receipt"


def _in_real_time(document: Told, ended: Ended) -> None:
    made = {}
    for call in ended.named("append"):
        for revision, _ in document.of(call):
            made[call.name] = revision.number
    for name, number in made.items():
        for earlier in ended.calls[name].behind or ():
            assert made.get(earlier, 0) < number, f"{name} is below {earlier}, which was before it"


def old_ones_are_kept(ended: Ended) -> None:
    """What was there before is, from the oldest that is kept; each append is on top of it."""
    document = document_of(ended)
    assert document.head is not None, "the document is gone"
    for revision, data in document.revisions:
        if revision.erased or data == REDACTED:
            continue  # of a rewrite, which has promises of its own
        messages = [message for message in data or () if message.startswith(SECRET)]
        wanted = [f"{SECRET} {number}" for number in range(1, 1 + len(messages))]
        assert messages == wanted, f"revision {revision.number} is not what it was"
        if revision.number <= ended.scenario.held:
            assert len(messages) == revision.number, f"revision {revision.number} is another"


def purged_is_gone(ended: Ended) -> None:
    """Of what a purge has erased nothing can be read, with gc's help where somebody got no answer:
    not as it is stored now, and where there are keys, not in any copy either."""
    purges = [*ended.named("purge")]
    document = document_of(ended)
    if document.revisions and document.revisions[0][1] == [f"{SECRET} 1"]:
        assert all(each.outcome != "done" for each in purges), "what was purged is back"
        return
    nothing_comes_back(ended)
    if any(_may_leave_some(call, ended) for call in ended.calls.values()):
        ended.world.pass_by(LONG)
        gc(ended.store)
    for text in _stored(ended):
        assert SECRET.encode() not in text, "what was purged is still stored"
    keys = ended.store.files.document_keys(KEY)
    if keys is not None:
        held = {bytes.fromhex(each) for each in keys}
        assert not held & keys_before(ended), "a key of what was purged is still there"


def _may_leave_some(call: Call, ended: Ended) -> bool:
    """A purge that was cut short; or a writer behind it, who has sealed and cannot tidy up. One
    who was cut short before a purge ended is no excuse, as long as there is no third."""
    if call.hit is None or call.hit == "late" or len(ended.calls) > 2:
        return call.hit is not None
    others = [each.name for each in ended.named("purge") if each is not call]
    return not others or ended.scenario.provider is not None or others[0] in call.hit_behind


def nothing_comes_back(ended: Ended) -> None:
    """A document that was purged is never there again."""
    document = document_of(ended)
    for call in ended.named("purge"):
        if isinstance(call.result, PurgeReceipt) and document.head is not None:
            assert document.head.origin != call.result.origin, "what was purged is back"


def _stored(ended: Ended) -> Iterable[bytes]:
    backend = ended.store.files.backend
    for info in [*backend.iterate()]:
        try:
            data = backend.get(info.key).data
        except KeyDestroyedError:
            continue
        if info.key.startswith("history/"):
            data = zstandard.ZstdDecompressor().decompress(data)
        yield data


def keys_before(ended: Ended) -> set[bytes]:
    """Of the document's blobs as they were before the run."""
    ids = set()
    for blob in ended.scenario.first.versions:
        if owns(blob.info.key) or blob.info.key.startswith("history/"):
            ids.add(key_id_of(blob.data, blob.info.key))
    return ids


def deleted_as_told(ended: Ended) -> None:
    """A deletion that was acknowledged has its revision, and a restore brings back all."""
    document = document_of(ended)
    for call in (*ended.named("delete"), *ended.named("restore")):
        if call.outcome == "done":
            assert call.result in [revision for revision, _ in document.revisions], call
    with suppress(NotFoundError):
        before = ended.store.restore(KEY)
        assert ended.store.load(KEY).data, before


def pruned_as_told(ended: Ended) -> None:
    """Only whole segments have gone, and as many revisions stay as were to be kept."""
    document = document_of(ended)
    assert document.head is not None
    for call in ended.named("prune"):
        if call.outcome == "done":
            assert document.head.first == call.result.first, "it was cut elsewhere"
    assert document.head.first <= ended.scenario.held + 1 + len(ended.calls_of("append"))
    assert document.revisions[-1][0].number >= ended.scenario.held


def created_once(ended: Ended) -> None:
    """One create at most is told that it has made the document; who is refused was too late."""
    document = document_of(ended)
    first = document.revisions[0][1] if document.revisions else None
    for call in ended.named("create"):
        if call.outcome == "done":
            assert first == [call.name], f"{call.name} has not made it"
        if call.outcome == "refused":
            assert first != [call.name], f"{call.name} was refused, and has made it"
            assert first is not None or call.hit, f"{call.name} had no reason"


def repaired(ended: Ended) -> None:
    """What a repair says that it has brought back is there, below what was written since."""
    document = document_of(ended)
    for call in ended.named("repair"):
        if call.outcome == "done" and call.result:
            (made,) = call.result
            first, *_ = document.revisions
            assert made.revision in [each for each, _ in document.revisions], call
            assert first[0].number == made.first, "less has come back than could"


def copied(ended: Ended) -> None:
    """A copy is what the source was at some time, and is where nothing else was."""
    source, copy = document_of(ended), told(ended.store, OTHER)
    for call in ended.named("copy"):
        is_copy = copy.head is not None and copy.revisions[0][1] == source.revisions[0][1]
        if call.outcome == "done":
            assert is_copy, "the copy is not there"
        if call.outcome == "refused":
            assert not is_copy, "the copy was refused, and is there"
        if is_copy:
            mine = [data for _, data in copy.revisions]
            assert mine == [data for _, data in source.revisions][: len(mine)], "it is another"
    for call in ended.named("take"):
        taken = copy.head is not None and copy.revisions[0][1] == [call.name]
        assert call.outcome not in {"done", "refused"} or taken is (call.outcome == "done"), call
