"""Documents against a plain list, and deltas against the bytes they were made of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, Revision, prune, purge, rewrite, verify
from ingenious_storage.documents.format import head, segment
from ingenious_storage.documents.format.delta import apply_delta, make_delta
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    RevisionNotFoundError,
    RevisionPrunedError,
)
from tests.support.layering import files_on
from tests.support.writers import remains

KEY = "conversations/a/memory.json"
DELETED, ERASED = object(), object()

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=20)
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=10,
)
documents = st.lists(values, max_size=5) | st.builds(
    lambda word, times: [f"{word} {turn}" for turn in range(times)],
    st.text(min_size=1, max_size=30),
    st.integers(0, 40),
)


@dataclass
class Model:
    """Revision 1 is the first of `entries`."""

    entries: list[tuple[Revision, Any]] = field(default_factory=list)
    first: int = 1

    @property
    def there(self) -> bool:
        return bool(self.entries) and self.entries[-1][1] is not DELETED

    @property
    def newest(self) -> Any:
        return self.entries[-1][1]

    @property
    def kept(self) -> list[tuple[Revision, Any]]:
        return self.entries[self.first - 1 :]

    def add(self, revision: Revision, data: Any) -> None:
        assert revision.number == len(self.entries) + 1
        assert revision.deleted is (data is DELETED)
        self.entries.append((revision, data))

    def erase(self, numbers: set[int]) -> None:
        for number in numbers:
            revision, _ = self.entries[number - 1]
            bare = replace(
                revision,
                author=None,
                message=None,
                tags=(),
                size=0,
                sha256="",
                deleted=True,
                erased=True,
            )
            self.entries[number - 1] = (bare, ERASED)

    def redact(self, revision: Revision, data: Any) -> None:
        self.entries[revision.number - 1] = (revision, data)

    def copy(self) -> Model:
        return Model(list(self.entries), self.first)


class Documents(RuleBasedStateMachine):
    """Two stores on one backend, of which each remembers what it saw last."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(segment, "MAX_ENTRIES", 5)
        self.patch.setattr(segment, "MIN_DELTA_BYTES", 200)
        self.patch.setattr(segment, "MAX_SEGMENTS_TO_KEYFRAME", 3)
        self.patch.setattr(head, "KEPT_AFTER_SEAL", 3)
        self.backend = InMemoryBackend()
        self.model = Model()
        self.copies: list[tuple[bytes, Model]] = []
        self.put_back = False

    def new_store(self) -> DocumentStore:
        return DocumentStore(files_on(self.backend), workers=1)

    @initialize()
    def start(self) -> None:
        self.stores = [self.new_store(), self.new_store()]

    def teardown(self) -> None:
        self.patch.undo()

    stores_of = st.integers(0, 1)

    @rule(who=stores_of, data=documents)
    def save(self, who: int, data: Any) -> None:
        self.model.add(self.stores[who].save(KEY, data), data)

    @rule(who=stores_of, data=documents)
    def save_new(self, who: int, data: Any) -> None:
        self.model.add(self.stores[who].save_new(KEY, data), data)

    @rule(who=stores_of, data=documents)
    def create(self, who: int, data: Any) -> None:
        if self.model.there:
            with pytest.raises(AlreadyExistsError):
                self.stores[who].create(KEY, data)
        else:
            self.model.add(self.stores[who].create(KEY, data), data)

    @rule(who=stores_of, data=documents, expected=st.integers(0, 30))
    def save_expected(self, who: int, data: Any, expected: int) -> None:
        if expected == len(self.model.entries):
            revision = self.stores[who].save(KEY, data, expected=expected)
            self.model.add(revision, data)
        else:
            with pytest.raises(ConflictError):
                self.stores[who].save(KEY, data, expected=expected)

    @rule(who=stores_of, more=st.lists(values, min_size=1, max_size=3))
    def append(self, who: int, more: list[Any]) -> None:
        old = self.model.newest if self.model.there else []
        seen = []

        def fn(data: Any) -> Any:
            seen.append(data)
            return [*(data or []), *more]

        try:
            revision = self.stores[who].update(KEY, fn)
        except ConflictError:
            # It remembered a document that the other one deleted or purged.
            assert not self.model.there
            self.stores[who].reader.heads.pop(KEY)
            return
        assert seen[-1] == (old if self.model.there else None)
        self.model.add(revision, [*old, *more])

    @precondition(lambda self: self.model.there)
    @rule(who=stores_of)
    def change_nothing(self, who: int) -> None:
        assert self.stores[who].update(KEY, lambda data: data) == self.model.entries[-1][0]

    @rule(who=stores_of)
    def delete(self, who: int) -> None:
        if self.model.there:
            self.model.add(self.stores[who].delete(KEY), DELETED)
        else:
            with pytest.raises(NotFoundError):
                self.stores[who].delete(KEY)

    @rule(who=stores_of)
    def restore(self, who: int) -> None:
        store = self.stores[who]
        if not self.model.entries:
            with pytest.raises(NotFoundError):
                store.restore(KEY)
        elif self.model.there:
            assert store.restore(KEY) == self.model.entries[-1][0]
        elif len(self.model.entries) == self.model.first:
            with pytest.raises(RevisionPrunedError):
                store.restore(KEY)
        else:
            data = self.model.entries[-2][1]
            assert data is not ERASED
            self.model.add(store.restore(KEY), data)

    @rule(who=stores_of, number=st.integers(-1, 30))
    def rollback(self, who: int, number: int) -> None:
        self.with_revision(
            number,
            lambda: self.stores[who].rollback(KEY, number),
            self.model.add,
        )

    @rule(who=stores_of, number=st.integers(-1, 30))
    def load(self, who: int, number: int) -> None:
        def check(document: Any, data: Any) -> None:
            assert document.data == data
            assert document.revision == self.model.entries[number - 1][0]

        self.with_revision(number, lambda: self.stores[who].load(KEY, revision=number), check)

    def with_revision(
        self, number: int, call: Callable[[], Any], then: Callable[[Any, Any], None]
    ) -> None:
        """What a call that needs one revision has to do, whoever calls it."""
        entries = self.model.entries
        error: type[Exception] | None = None
        if not entries:
            error = NotFoundError
        elif not 1 <= number <= len(entries):
            error = RevisionNotFoundError
        elif number < self.model.first or entries[number - 1][1] is ERASED:
            error = RevisionPrunedError
        elif entries[number - 1][1] is DELETED:
            error = NotFoundError
        if error is None:
            then(call(), entries[number - 1][1])
        else:
            with pytest.raises(error) as caught:
                call()
            assert type(caught.value) is error

    @rule(who=stores_of, limit=st.none() | st.integers(1, 30))
    def history(self, who: int, limit: int | None) -> None:
        if not self.model.entries:
            with pytest.raises(NotFoundError):
                self.stores[who].history(KEY, limit=limit)
            return
        kept = [revision for revision, _ in self.model.kept]
        assert self.stores[who].history(KEY, limit=limit) == kept[::-1][:limit]

    @rule(who=stores_of, keep=st.integers(1, 10), spared=st.sets(st.integers(1, 30), max_size=1))
    def prune(self, who: int, keep: int, spared: set[int]) -> None:
        if not self.model.entries:
            with pytest.raises(NotFoundError):
                prune(self.stores[who], KEY, keep=keep)
            return
        would = prune(self.stores[who], KEY, keep=keep, spare=lambda: spared, dry_run=True)
        report = prune(self.stores[who], KEY, keep=keep, spare=lambda: spared)
        assert (report.first, report.revisions, report.blobs, report.bytes) == (
            would.first,
            would.revisions,
            would.blobs,
            would.bytes,
        )
        first = self.model.first
        assert first <= report.first <= max(first, len(self.model.entries) - keep + 1)
        assert report.revisions == report.first - first
        assert not any(first <= number < report.first for number in spared)
        self.model.first = report.first
        if report.revisions:
            self.copies.clear()

    @precondition(lambda self: len(self.model.entries) > 1)
    @rule(who=stores_of, numbers=st.sets(st.integers(1, 30), max_size=4))
    def rewrite(self, who: int, numbers: set[int]) -> None:
        newest = len(self.model.entries)
        last = newest - (self.model.entries[-1][1] is DELETED)
        numbers = {number for number in numbers if self.model.first <= number < last}
        new = {number for number in numbers if self.model.entries[number - 1][1] is not ERASED}
        receipt = rewrite(self.stores[who], KEY, without=numbers)
        assert set(receipt.revisions) == new
        if receipt.rewritten_at is not None:
            self.copies.clear()
        self.model.erase(new)

    @precondition(lambda self: len(self.model.entries) > 1)
    @rule(who=stores_of, word=st.text(min_size=1, max_size=4))
    def redact(self, who: int, word: str) -> None:
        """All lists but the newest are said anew."""
        store = self.stores[who]
        receipt = rewrite(store, KEY, redact=lambda one: [word, len(one.data)])
        history = {each.number: each for each in store.history(KEY, limit=None)}
        for number, (_, data) in enumerate(self.model.entries[:-1], 1):
            if number >= self.model.first and data is not DELETED and data is not ERASED:
                self.model.redact(history[number], [word, len(data)])
        if receipt.rewritten_at is not None:
            self.copies.clear()

    @precondition(lambda self: len(self.model.entries) > 1)
    @rule(who=stores_of, first=st.integers(1, 30))
    def cut(self, who: int, first: int) -> None:
        last = len(self.model.entries) - (self.model.newest is DELETED)
        if not self.model.first <= first <= last:
            return
        receipt = rewrite(self.stores[who], KEY, first=first)
        assert receipt.revisions == tuple(range(self.model.first, first))
        self.model.first = first
        if receipt.rewritten_at is not None:
            self.copies.clear()

    @rule(who=stores_of)
    def purge(self, who: int) -> None:
        if self.model.entries:
            receipt = purge(self.stores[who], KEY)
            assert receipt.revisions == len(self.model.kept)
        else:
            with pytest.raises(NotFoundError):
                purge(self.stores[who], KEY)
        assert remains(self.backend) == []
        self.model, self.put_back = Model(), False
        self.copies.clear()

    @rule(who=stores_of)
    def forget(self, who: int) -> None:
        self.stores[who] = self.new_store()

    @precondition(lambda self: self.model.entries)
    @rule()
    def copy_the_head(self) -> None:
        self.copies.append((self.backend.get(KEY).data, self.model.copy()))

    @precondition(lambda self: self.copies)
    @rule(number=st.integers(0, 5))
    def put_a_head_back(self, number: int) -> None:
        self.copy_the_head()
        raw, model = self.copies[number % len(self.copies)]
        self.backend.put(KEY, raw)
        self.model, self.put_back = model.copy(), True

    @invariant()
    def somebody_new_sees_the_same(self) -> None:
        store = self.new_store()
        assert list(store.list("conversations/")) == [KEY] * self.model.there
        if self.model.there:
            document = store.load(KEY)
            assert document.data == self.model.newest
            assert document.revision == self.model.entries[-1][0]
        else:
            with pytest.raises(NotFoundError):
                store.load(KEY)
        report = verify(store)
        assert report.problems == ()
        assert report.revisions == len(self.model.kept)
        assert self.put_back or report.orphans == ()

    @invariant()
    def every_branch_can_be_read(self) -> None:
        if not self.put_back or not self.model.entries:
            return
        now = self.backend.get(KEY).data
        for raw, model in self.copies[-2:]:
            self.backend.put(KEY, raw)
            store = self.new_store()
            for revision, data in model.kept:
                if data is not DELETED and data is not ERASED:
                    assert store.load(KEY, revision=revision).data == data
        self.backend.put(KEY, now)


CALM = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_documents_do_what_a_list_does() -> None:
    run_state_machine_as_test(
        Documents, settings=settings(CALM, max_examples=40, stateful_step_count=40)
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_documents_do_what_a_list_does_for_long() -> None:
    run_state_machine_as_test(
        Documents, settings=settings(CALM, max_examples=150, stateful_step_count=120)
    )


edits = st.binary(max_size=200) | st.binary(min_size=1, max_size=3).map(lambda part: part * 2000)


@settings(CALM, max_examples=300)
@given(prefix=edits, suffix=edits, old=edits, new=edits)
@example(prefix=b"", suffix=b"", old=b"", new=b"")
@example(prefix=b"aaaa", suffix=b"aaaa", old=b"aa", new=b"")
@example(prefix=b"", suffix=b"ab" * 50_000, old=b"ba" * 50_000, new=b"")
def test_a_delta_gives_the_old_bytes_back(
    prefix: bytes, suffix: bytes, old: bytes, new: bytes
) -> None:
    before, after = prefix + old + suffix, prefix + new + suffix
    delta = make_delta(before, after)
    assert apply_delta(after, delta, size=len(before)) == before
    assert delta["prefix"] >= len(prefix) or delta["prefix"] + delta["suffix"] == min(
        len(before), len(after)
    )
    if before.startswith(after) or after.startswith(before):
        assert delta["prefix"] == min(len(before), len(after))
    if after.startswith(before):
        assert delta["middle"] == ""


@settings(CALM, max_examples=300)
@given(
    old=edits,
    new=edits,
    name=st.sampled_from(["prefix", "suffix", "middle", "size"]),
    by=st.integers(-3, 3).filter(bool),
)
def test_a_damaged_delta_is_refused_or_gives_as_many_bytes(
    old: bytes, new: bytes, name: str, by: int
) -> None:
    """Never an error of another kind; bytes that are wrong are caught by their SHA-256."""
    delta: Any = make_delta(old, new)
    size = len(old)
    if name == "size":
        size += by
    elif name == "middle":
        delta["middle"] = delta["middle"][by:]
    else:
        delta[name] += by
    with suppress(CorruptObjectError):
        assert len(apply_delta(new, delta, size=size)) == size
