"""Changes of one process to one document go together, and nobody pays for what another one does."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import MSGPACK, DocumentStore, Groups, Revision, note, once
from ingenious_storage.errors import (
    CommitUnknownError,
    ObjectTooLargeError,
    OperationTimeoutError,
    PermissionDeniedError,
    UnavailableError,
)
from ingenious_storage.runtime import deadlines
from ingenious_storage.runtime.deadlines import deadline
from tests.support.faults import FaultyBackend, before, lost, on
from tests.support.layering import files_on
from tests.support.polling import eventually
from tests.support.telemetry import watching

KEY = "agents/langgraph/a/state.msgpack"
LONG = 20.0
Change = Callable[[Any], Any]


def adding(*items: Any) -> Change:
    return lambda data: [*(data or []), *items]


def failing(error: Exception) -> Change:
    def change(data: Any) -> Any:
        if data is not None:
            data.append("half done")
        raise error

    return change


class Crowd:
    """A document whose next write is held up, and callers who come meanwhile."""

    def __init__(self, **more: Any) -> None:
        self.backend = InMemoryBackend()
        self.line = FaultyBackend(self.backend)
        self.store = DocumentStore(files_on(self.line), **more).encoded(MSGPACK)
        self.groups = Groups(self.store)
        self.pool = ThreadPoolExecutor(64)
        self.open, self.waits = threading.Event(), threading.Event()
        self.groups.update(KEY, adding("begun"))

    def hold(self) -> Future[Revision]:
        """The first caller, whose write does not get an answer before `let`."""

        def hold_on() -> None:
            self.waits.set()
            assert self.open.wait(LONG)

        self.line.rule = on("put", "head", before(hold_on))
        first = self.pool.submit(self.groups.update, KEY, adding("first"))
        assert self.waits.wait(LONG)
        self.line.requests.clear()
        return first

    def come(self, change: Change, **more: Any) -> Future[Revision]:
        """One more caller, who waits by now."""
        here = self.waiting
        future = self.pool.submit(self.groups.update, KEY, change, **more)
        eventually(lambda: self.waiting > here, pause=0.001)
        return future

    @property
    def waiting(self) -> int:
        return len(self.groups._queues.get(KEY, ()))

    def let(self) -> None:
        self.open.set()

    @property
    def puts(self) -> int:
        """Behind the one that was held up."""
        return sum((each.operation, each.role) == ("put", "head") for each in self.line.requests)

    @property
    def data(self) -> Any:
        return DocumentStore(files_on(self.backend)).load(KEY).data


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    made = Crowd()
    yield made
    made.let()
    made.pool.shutdown()
    assert made.groups._queues == {}, "nobody is left"


def test_who_comes_while_a_write_is_under_way_goes_with_the_next(crowd: Crowd) -> None:
    first = crowd.hold()
    others = [crowd.come(adding(number)) for number in range(20)]
    crowd.let()
    assert first.result(LONG).number == 2
    assert {other.result(LONG).number for other in others} == {3}
    assert crowd.puts == 1
    assert crowd.data == ["begun", "first", *range(20)]


def test_a_change_that_begins_has_nothing_before_it_in_its_revision(crowd: Crowd) -> None:
    crowd.hold()
    changes = [(1, False), (2, False), (3, True), (4, False), (5, True), (6, True)]
    others = [crowd.come(adding(number), begins=begins) for number, begins in changes]
    crowd.let()
    assert [other.result(LONG).number for other in others] == [3, 3, 4, 4, 5, 6]
    assert crowd.data == ["begun", "first", 1, 2, 3, 4, 5, 6]
    assert crowd.store.load(KEY, revision=4).data == ["begun", "first", 1, 2, 3, 4]


def test_each_has_its_own_error_and_no_other_is_touched_by_it(crowd: Crowd) -> None:
    crowd.hold()
    good = [crowd.come(adding(1))]
    bad = [crowd.come(failing(KeyError("mine")))]
    bad += [crowd.come(lambda _data: None), crowd.come(lambda _data: object())]
    good += [crowd.come(adding(2))]
    crowd.let()
    assert [each.result(LONG).number for each in good] == [3, 3]
    assert isinstance(bad[0].exception(LONG), KeyError)
    assert isinstance(bad[1].exception(LONG), TypeError)
    assert getattr(bad[2].exception(LONG), "code", None) == "invalid_data"
    assert crowd.data == ["begun", "first", 1, 2], "what was half done is not there"


def test_nothing_is_written_when_all_refuse(crowd: Crowd) -> None:
    crowd.hold()
    bad = [crowd.come(failing(KeyError(number))) for number in range(3)]
    crowd.let()
    assert [each.exception(LONG).args for each in bad] == [(0,), (1,), (2,)]  # type: ignore[union-attr]
    assert crowd.puts == 0
    assert crowd.data == ["begun", "first"]


def test_nothing_is_written_when_nothing_changes(crowd: Crowd) -> None:
    crowd.hold()
    same = [crowd.come(lambda data: data) for _ in range(3)]
    crowd.let()
    assert {each.result(LONG).number for each in same} == {2}
    assert crowd.puts == 0


def test_who_makes_it_too_large_is_told_alone() -> None:
    crowd = Crowd(max_document_bytes=1000)
    crowd.hold()
    small, large, last = (crowd.come(adding(text)) for text in ("a", "x" * 2000, "b"))
    crowd.let()
    assert {small.result(LONG).number, last.result(LONG).number} == {3}
    assert isinstance(large.exception(LONG), ObjectTooLargeError)
    assert crowd.data == ["begun", "first", "a", "b"]
    crowd.pool.shutdown()


def test_what_the_store_refuses_all_are_told(crowd: Crowd) -> None:
    crowd.hold()
    others = [crowd.come(adding(number)) for number in range(3)]

    def forbidden(*_any: Any) -> Any:
        raise PermissionDeniedError("no", key=KEY)

    crowd.line.rule = on("put", "head", forbidden)
    crowd.let()
    assert {type(each.exception(LONG)) for each in others} == {PermissionDeniedError}
    assert crowd.groups.update(KEY, adding("later")).number == 3


def test_a_lost_answer_of_a_group_is_settled_once(crowd: Crowd) -> None:
    crowd.hold()
    others = [crowd.come(adding(number)) for number in range(3)]
    crowd.line.rule = on("put", "head", lost)
    crowd.let()
    assert {each.result(LONG).number for each in others} == {3}
    assert crowd.data == ["begun", "first", 0, 1, 2]


def test_a_change_is_made_again_on_top_of_what_another_process_wrote(crowd: Crowd) -> None:
    crowd.hold()
    others = [crowd.come(adding(number)) for number in range(3)]
    other = DocumentStore(files_on(crowd.backend)).encoded(MSGPACK)
    crowd.line.rule = on("put", "head", before(lambda: other.update(KEY, adding("theirs"))))
    crowd.let()
    assert {each.result(LONG).number for each in others} == {4}
    assert crowd.data == ["begun", "first", "theirs", 0, 1, 2]


def test_who_runs_out_of_time_before_its_change_is_begun_has_written_nothing(crowd: Crowd) -> None:
    crowd.hold()
    with deadline(0.05), pytest.raises(OperationTimeoutError, match="not begun") as caught:
        crowd.groups.update(KEY, adding("late"))
    assert caught.value.outcome_unknown is False
    after = crowd.come(adding("after"))
    crowd.let()
    assert after.result(LONG).number == 3
    assert crowd.data == ["begun", "first", "after"]


def test_a_deadline_that_has_passed_begins_nothing(crowd: Crowd) -> None:
    with deadline(0), pytest.raises(OperationTimeoutError):
        crowd.groups.update(KEY, adding("never"))
    assert crowd.data == ["begun"]


def test_who_runs_out_of_time_while_its_group_is_written_takes_nobody_along(crowd: Crowd) -> None:
    crowd.hold()
    again, reached, scopes = threading.Event(), threading.Event(), list[deadlines.Scope]()

    def in_time() -> Revision:
        with deadlines.opened() as scope:
            scopes.append(scope)
            return crowd.groups.update(KEY, adding("impatient"))

    impatient = crowd.pool.submit(in_time)
    eventually(lambda: crowd.waiting == 2, pause=0.001)
    patient = crowd.come(adding("patient"))

    def hold_on() -> None:
        reached.set()
        assert again.wait(LONG)

    crowd.line.rule = on("put", "head", before(hold_on))
    crowd.let()
    assert reached.wait(LONG)
    scopes[0].expire()
    error = impatient.exception(LONG)
    assert isinstance(error, OperationTimeoutError)
    assert error.outcome_unknown
    again.set()
    assert patient.result(LONG).number == 3
    assert crowd.data == ["begun", "first", "impatient", "patient"]


def test_a_writer_that_is_interrupted_hands_on(crowd: Crowd) -> None:
    waiting: list[Future[Revision]] = []

    def interrupt() -> None:
        waiting.extend(crowd.come(adding(number)) for number in range(2))
        raise KeyboardInterrupt

    crowd.line.rule = on("put", "head", before(interrupt))
    with pytest.raises(KeyboardInterrupt):
        crowd.groups.update(KEY, adding("interrupted"))
    assert {each.result(LONG).number for each in waiting} == {2}
    assert crowd.data == ["begun", 0, 1]


def test_a_leader_that_is_interrupted_before_its_group_is_written_tells_the_others(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_call: Any) -> None:
        raise KeyboardInterrupt

    crowd.hold()
    others = [crowd.come(adding(number)) for number in range(3)]
    monkeypatch.setattr("ingenious_storage.documents.groups._pool.submit", interrupt)
    crowd.let()
    assert isinstance(others[0].exception(LONG), KeyboardInterrupt)
    for other in others[1:]:
        error = other.exception(LONG)
        assert isinstance(error, UnavailableError)
        assert error.outcome_unknown is False
    monkeypatch.undo()
    assert crowd.groups.update(KEY, adding("later")).number == 3
    assert crowd.data == ["begun", "first", "later"]


def test_what_may_be_repeated_is_a_revision_of_its_own(crowd: Crowd) -> None:
    crowd.hold()
    crowd.let()
    for _ in range(2):
        with once("a token"):
            revision = crowd.groups.update(KEY, adding("once"))
        assert revision.number == 3
        assert len(revision.write_id) == 32
    assert crowd.data == ["begun", "first", "once"]


def test_the_note_and_the_name_are_those_of_the_first(crowd: Crowd) -> None:
    crowd.hold()
    ann = crowd.come(adding(1), note=note("ann", "one"), name="a name")
    bob = crowd.come(adding(2), note=note("bob"))
    crowd.let()
    assert (ann.result(LONG).author, bob.result(LONG).message) == ("ann", "one")


def test_documents_do_not_wait_for_each_other(crowd: Crowd) -> None:
    crowd.hold()
    assert crowd.groups.update(KEY + "b", adding(1)).number == 1


def test_a_group_is_one_span_and_one_revision_in_telemetry(crowd: Crowd) -> None:
    with watching() as watch:
        crowd.hold()
        others = [crowd.come(adding(number)) for number in range(5)]
        crowd.let()
        assert {each.result(LONG).number for each in others} == {3}
        spans = [name for name, _, _ in watch.span_list() if name.endswith(".update")]
        assert len(spans) == 2
        points = watch.points("revisions")
    assert sum(value for _, value in points) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_is_forked_meanwhile_writes_on(crowd: Crowd) -> None:
    crowd.hold()
    crowd.come(adding("theirs"))
    pid = os.fork()
    if pid == 0:
        try:
            crowd.line.rule = None
            with deadline(LONG):
                made = crowd.groups.update(KEY, adding("child"))
            os._exit(0 if crowd.data == ["begun", "child"] and made.number == 2 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0


def test_nothing_is_lost_in_a_race(crowd: Crowd) -> None:
    """Threads and two objects that do not know each other, on one document."""
    other = Groups(DocumentStore(files_on(crowd.backend)).encoded(MSGPACK))

    def work(who: int) -> list[Revision]:
        groups = (crowd.groups, other)[who % 2]
        return [groups.update(KEY, adding([who, turn]), begins=turn % 5 == 4) for turn in range(25)]

    first = crowd.hold()
    working = crowd.pool.map(work, range(16))
    eventually(lambda: crowd.waiting == 1 + 8, pause=0.001)
    crowd.let()
    told, others = list(working), ("begun", "first")
    assert first.result(LONG).number > 1
    data = [each for each in crowd.data if each not in others]
    assert sorted(data) == [[who, turn] for who in range(16) for turn in range(25)]
    for who, made in enumerate(told):
        assert [turn for writer, turn in data if writer == who] == list(range(25))
        numbers = [revision.number for revision in made]
        assert numbers == sorted(numbers)
    newest = max(revision.number for made in told for revision in made)
    assert crowd.store.load(KEY).revision.number == newest <= 402 - 7, "eight went together"


def test_an_unknown_outcome_is_one_for_all(crowd: Crowd) -> None:
    crowd.hold()
    others = [crowd.come(adding(number)) for number in range(3)]

    def unreachable(request: Any, call: Any) -> Any:
        raise UnavailableError("no answer", outcome_unknown=request.writes)

    crowd.line.rule = lambda _request: unreachable
    crowd.let()
    assert {type(each.exception(LONG)) for each in others} == {CommitUnknownError}
    crowd.line.rule = None
    assert crowd.groups.update(KEY, adding("later")).number == 3
