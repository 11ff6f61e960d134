"""Promises of rewrites, rollbacks, labels and reads, at the end of each run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingenious_storage.documents import Revision, gc
from ingenious_storage.documents.format.records import Entry
from ingenious_storage.documents.format.segment import Segment
from ingenious_storage.errors import (
    ConflictError,
    NotFoundError,
    RevisionPrunedError,
    StorageError,
)
from ingenious_storage.services.labels import Label
from ingenious_storage.services.prompts import PromptLibrary
from tests.library.documents.simulation.actors import Call
from tests.library.documents.simulation.promises import (
    LONG,
    REDACTED,
    document_of,
    keys_before,
)
from tests.library.documents.simulation.scenario import SECRET, Ended

GONE: Final = 2
"""The revision that is erased, pinned or gone back to."""
NEW_SET: Final = {"a.md": "new"}
"""The data of a set that begins."""


def _was(number: int) -> list[str]:
    """The data of a revision that was there before."""
    return [f"{SECRET} {each}" for each in range(1, number + 1)]


def rewritten_as_told(ended: Ended) -> None:
    """What a rewrite says that it erased is erased, and what it does not is what it was."""
    told = {revision.number: (revision, data) for revision, data in document_of(ended).revisions}
    calls = [*ended.named("rewrite")]
    asked = {number for call in calls for number in _asked(call)}
    for call in calls:
        if call.outcome != "done":
            continue
        for number in {*call.result.revisions} & {*told}:
            assert told[number][0].erased, f"{call.name} erased {number}, which can be read"
        for number in {*call.result.redacted} & {*told}:
            revision, data = told[number]
            assert revision.erased or data == REDACTED, f"{call.name} redacted {number}"
    for revision, data in told.values():
        if revision.number > ended.scenario.held:
            continue
        is_other = revision.erased or data == REDACTED
        assert not is_other or revision.number in asked, f"{revision.number} was to stay"
        was = revision.deleted or data == _was(revision.number)
        assert is_other or was, f"{revision.number} is not what it was"


def _asked(call: Call) -> set[int]:
    """What it may have erased. Who was refused has not."""
    return set() if call.outcome == "refused" else {GONE, GONE + 1}


def rewritten_is_gone(ended: Ended) -> None:
    """Of what was erased nothing is stored; where there are keys, no copy can be read either."""
    done = [each for each in ended.named("rewrite") if each.outcome == "done"]
    gone = {number for call in done for number in (*call.result.revisions, *call.result.redacted)}
    if not gone:
        return
    if any(_may_leave_some(call, ended) for call in ended.calls.values()):
        ended.world.pass_by(LONG)
        gc(ended.store)
    deltas = _deltas_before(ended)
    for entries, data in _stored(ended):
        newest = entries[-1]["number"]
        assert newest not in gone or data != _was(newest), "it is stored whole"
        for entry in entries:
            number = entry["number"]
            is_leading = number - 1 in gone and entry.get("delta") is not None
            assert not is_leading or entry["delta"] != deltas.get(number), "a delta leads to it"
    keys = ended.store.files.document_keys(ended.scenario.key)
    if keys is not None:
        held = {bytes.fromhex(each) for each in keys}
        assert not held & keys_before(ended), "a key of what was erased is still there"


def _deltas_before(ended: Ended) -> dict[int, Any]:
    """By revision, of the history that was there; none where a rewrite had replaced it."""
    store = ended.scenario.store(ended.scenario.first, ended.scenario.first)
    head = store.existing(ended.scenario.key)
    if head.rewritten:
        return {}
    sealed = [e for segment in store.reader.segments(head, 1) for e in segment.entries]
    return {entry["number"]: entry["delta"] for entry in (*sealed, *head.unsealed)}


def _may_leave_some(call: Call, ended: Ended) -> bool:
    """Who was cut short; but not a writer who died before a rewrite ended, which finds it."""
    rewrites = {each.name for each in ended.named("rewrite")}
    is_found = call.hit == "crash" and not rewrites & {call.name, *call.hit_behind}
    return call.hit is not None and not is_found


def _stored(ended: Ended) -> Iterator[tuple[list[Entry], Any]]:
    """Entries of the head and of each segment, and the data that stand beside them."""
    store = ended.store
    head = store.head(ended.scenario.key)
    assert head is not None
    yield [*head.recent], store.encoding.loads(head.data, key=head.key)
    for name in store.reader.stored(head.key):
        segment: Segment = store.reader.segment(head.key, name)
        whole = segment.data
        yield (
            [*segment.entries],
            None if whole is None else store.encoding.loads(whole, key=head.key),
        )


def rolled_back_as_told(ended: Ended) -> None:
    """A rollback that was acknowledged has a revision with the old data, on top of what it was
    behind; who was refused was too late for these."""
    told = document_of(ended).revisions
    for call in ended.named("rollback"):
        if call.outcome == "done":
            assert (call.result, _was(GONE)) in told, f"{call.name} is not there"
            before = [each for each in ended.named("rewrite") if each.name in (call.behind or ())]
            erased = [each for each in before if GONE in each.result.revisions]
            assert not erased, f"{call.name} went back to what was erased"
        if call.outcome == "refused":
            may = call.hit or ended.calls_of("prune", "rewrite", "purge")
            assert may, f"{call.name} had no reason"


def can_be_restored(ended: Ended) -> None:
    """Whatever was pruned or erased below a deletion, a restore brings back what it deleted."""
    ended.store.restore(ended.scenario.key)
    held = ended.scenario.held
    assert ended.store.load(ended.scenario.key).data == _was(held)


def labels_hold(ended: Ended) -> None:
    """A label that was acknowledged pins what can be read. Who was refused has moved nothing."""
    now = _label(ended)
    for call in ended.named("label"):
        if call.outcome == "done":
            pinned = _pinned(ended, call, now)
            assert pinned in (_was(call.result.number), REDACTED), "it is not what was pinned"
        if call.outcome == "refused" and call.hit is None:
            assert now is None or now.number != GONE, "it was refused, and pins it"
            assert isinstance(call.result, StorageError)
            assert [*ended.calls_of("prune", "rewrite", "purge")], "it had no reason"


def _label(ended: Ended) -> Label | None:
    library = PromptLibrary(documents=ended.store)
    return {label.name: label for label in library.list_labels()}.get("production")


def _pinned(ended: Ended, call: Call, now: Label | None) -> Any:
    """The data that a label of this call pins, which was acknowledged."""
    assert now is not None, "the label is not there"
    assert now.id == call.result.id, "it pins something else"
    try:
        return ended.store.load(ended.scenario.key, revision=now).data
    except StorageError as error:
        raise AssertionError(f"the label pins what cannot be read: {error}") from None


def erasers_had_a_reason(ended: Ended) -> None:
    """Who erases is refused only by a label, or a writer who was faster again and again."""
    for call in ended.calls_of("prune", "rewrite", "purge"):
        if call.outcome == "refused" and call.hit is None:
            assert [*ended.named("label")], f"{call.name} had no reason"
        assert not isinstance(call.result, RevisionPrunedError), f"{call.name} met itself"


def new_labels_hold(ended: Ended) -> None:
    """A label of a set that has just begun pins it for good, where it was acknowledged. Who was
    refused has moved nothing."""
    now = _label(ended)
    for call in ended.named("label"):
        if call.outcome == "done":
            assert _pinned(ended, call, now) == NEW_SET, "it is not what was pinned"
        if call.outcome == "refused" and call.hit is None:
            assert now is None, "it was refused, and pins something"


def new_sets_are_kept(ended: Ended) -> None:
    """One that was created is there until a purge takes it, which says so."""
    document = document_of(ended)
    for call in ended.named("create"):
        is_there = (call.result, NEW_SET) in document.revisions
        if call.outcome == "refused" and call.hit is None:
            raise AssertionError(f"{call.name} had no reason")
        if call.outcome == "done" and not is_there:
            assert any(map(_may_have_erased, ended.named("purge"))), "it is lost"


def _may_have_erased(call: Call) -> bool:
    return bool(call.result.revisions) if call.outcome == "done" else call.outcome != "refused"


def purges_had_a_reason(ended: Ended) -> None:
    """Who was refused met nothing, or a label."""
    created = {call.name for call in ended.named("create")}
    others = [call for call in ended.named("purge") if call.outcome != "refused"]
    for call in ended.named("purge"):
        if call.outcome != "refused" or call.hit is not None:
            continue
        if isinstance(call.result, NotFoundError):
            was_there = created & {*(call.behind or ())}
            assert others or not was_there, f"{call.name} overlooked what was there"
        else:
            assert isinstance(call.result, ConflictError), f"{call.name} had no reason"
            assert "pinned" in call.result.message, f"{call.name} has given up"


def nothing_stays_withdrawn(ended: Ended) -> None:
    """Where nobody was cut short, whatever is kept can be pinned."""
    if all(call.hit is None for call in ended.calls.values()):
        head = document_of(ended).head
        kept = () if head is None else range(head.first, head.number + 1)
        assert not [number for number in kept if head and head.withdraws(number)], "it is withdrawn"


def reads_are_current(ended: Ended) -> None:
    """A read shows all that had ended before it was asked for, and its own actor's calls; where a
    cache may answer without asking, these at least."""
    numbers = {
        call.name: call.result.number for call in ended.named("append") if call.outcome == "done"
    }
    told = dict(_by_number(ended))
    for call in ended.named("load"):
        if call.outcome != "done":
            continue
        revision, data = call.result.revision, call.result.data
        assert told[revision.number] == (revision, data), "it shows what never was"
        assert call.behind is not None or ended.scenario.max_age, "nobody was asked"
        own = {name for name in numbers if name.partition(".")[0] == call.name.partition(".")[0]}
        for name in own | {*(call.behind or ())} & {*numbers}:
            assert revision.number >= numbers[name], f"{call.name} is older than {name}"


def _by_number(ended: Ended) -> Iterator[tuple[int, tuple[Revision, Any]]]:
    for revision, data in document_of(ended).revisions:
        yield revision.number, (revision, data)
