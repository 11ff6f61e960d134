"""Purges beside answers that were lost and requests that land late: nothing comes back, and
nothing goes that nobody purged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from ingenious_storage.documents import DocumentStore, PurgeReceipt, Revision, gc, purge, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    NotFoundError,
    UnavailableError,
)
from ingenious_storage.services.kinds import MEMORIES
from tests.library.documents.faults.conftest import Network
from tests.library.documents.faults.scenario import KEY, append
from tests.support.faults import Fault, Request, Rule, any_of, at, before, on
from tests.support.layering import behind
from tests.support.writers import remains, whole_history

AT_ONCE = -timedelta(days=1)
FIRSTS: dict[str, Callable[[DocumentStore], Revision]] = {
    "create": lambda store: store.create(KEY, ["mine"]),
    "save": lambda store: store.save(KEY, ["mine"]),
    "save-new": lambda store: store.save_new(KEY, ["mine"]),
    "append": append("mine"),
}
first = pytest.mark.parametrize("call", FIRSTS.values(), ids=FIRSTS)
attempts = pytest.mark.parametrize("attempts", [1, 5], ids=["no-retries", "retries"])


def then(network: Network, *acts: Callable[[], object], lose: Fault | None = None) -> None:
    """Of the next puts of a head, the first is lost or held; `acts` run before what follows it."""
    state = {"lost": False, "acted": False}

    def rule(request: Request) -> Fault | None:
        if request.role != "head":
            return None
        if not state["lost"]:
            if request.operation != "put":
                return None
            state["lost"] = True
            return lose or network.lost
        if state["acted"]:
            return None
        state["acted"] = True
        return before(lambda: [act() for act in acts])

    network.disturb(rule)


@attempts
@pytest.mark.parametrize("saves", [1, MAX_ENTRIES + 3])
def test_a_purge_whose_answer_is_lost_leaves_the_next_document(
    network: Network, attempts: int, saves: int
) -> None:
    other = network.good()
    for turn in range(saves):
        other.save(KEY, [turn])
    made: list[Revision] = []

    def create() -> None:
        made.extend(other.save(KEY, ["next", turn]) for turn in range(MAX_ENTRIES + 2))

    then(network, create)
    receipt = purge(network.bad(attempts=attempts), KEY)
    assert receipt.revisions == saves
    history = whole_history(network.backend, KEY)
    assert [revision for revision, _ in history] == made
    assert {value[0] for _, value in history} == {"next"}


@attempts
def test_a_purge_in_doubt_after_many_others_says_so(network: Network, attempts: int) -> None:
    """More documents came and went than are remembered: it does not guess, and erases nothing."""
    other = network.good()
    other.save(KEY, ["old"])

    def crowd() -> None:
        for turn in range(12):
            other.save(KEY, ["next", turn])
            purge(other, KEY)
        other.save(KEY, ["last"])

    then(network, crowd, lose=network.lost)
    with pytest.raises(CommitUnknownError):
        purge(network.bad(attempts=attempts), KEY)
    assert [value for _, value in whole_history(network.backend, KEY)] == [["last"]]


@attempts
def test_of_two_purges_one_has_erased_it(network: Network, attempts: int) -> None:
    other = network.good()
    other.save(KEY, ["old"])
    receipts: list[PurgeReceipt] = []
    then(network, lambda: receipts.append(purge(other, KEY)), lose=network.refused)
    with pytest.raises((NotFoundError, CommitUnknownError)):
        purge(network.bad(attempts=attempts), KEY)
    assert [receipt.revisions for receipt in receipts] == [1]
    assert remains(network.backend) == []


@first
@attempts
def test_a_first_revision_whose_answer_was_lost_does_not_come_back(
    network: Network, attempts: int, call: Callable[[DocumentStore], Revision]
) -> None:
    """A reader saw it, and a purge erased it, before it is settled or sent again."""
    other = network.good()
    seen: list[Any] = []

    def see_and_purge() -> None:
        seen.append(other.load(KEY).data)
        purge(other, KEY)

    then(network, see_and_purge)
    told = call(network.bad(attempts=attempts))
    assert (seen, told.number) == ([["mine"]], 1)
    assert remains(network.backend) == []
    with pytest.raises(NotFoundError):
        network.good().load(KEY)


@first
def test_a_first_copy_that_the_network_delayed_does_not_come_back(
    network: Network, call: Callable[[DocumentStore], Revision]
) -> None:
    """It lands after save and purge were both acknowledged."""
    held, store = network.held(), network.bad(attempts=5)
    network.disturb(on("put", "head", held))
    assert call(store).number == 1
    purge(network.good(), KEY)
    held.land()
    assert remains(network.backend) == []
    with pytest.raises(NotFoundError):
        network.good().load(KEY)
    assert network.good().create(KEY, ["next"]).number == 1


@first
@attempts
def test_a_first_revision_that_another_one_forestalled(
    network: Network, attempts: int, call: Callable[[DocumentStore], Revision]
) -> None:
    """It never arrived, and another document came, and went, and came: it is not taken for it."""
    other = network.good()

    def forestall() -> None:
        other.save(KEY, ["other"])
        purge(other, KEY)
        other.save(KEY, ["another"])

    then(network, forestall, lose=network.refused)
    store = network.bad(attempts=attempts)
    if call is FIRSTS["create"]:
        with pytest.raises(AlreadyExistsError):
            call(store)
    else:
        assert call(store).number == 2
    history = whole_history(network.backend, KEY)
    assert history[0][1] == ["another"]
    assert len(history) == (1 if call is FIRSTS["create"] else 2)


LATERS: dict[str, Callable[[DocumentStore], Revision]] = {
    "append": append("mine"),
    "save": lambda store: store.save(KEY, ["mine"]),
    "expected": lambda store: store.save(KEY, ["mine"], expected=3),
    "rollback": lambda store: store.rollback(KEY, 1),
    "delete": lambda store: store.delete(KEY),
}


@pytest.mark.parametrize("again", [False, True], ids=["purged", "made-again"])
@pytest.mark.parametrize("call", LATERS.values(), ids=LATERS)
@attempts
def test_what_landed_and_was_purged_is_not_told_to_be_unwritten(
    network: Network, attempts: int, call: Callable[[DocumentStore], Revision], again: bool
) -> None:
    """Nor written once more into the document that was made again."""
    other, store = network.good(), network.bad(attempts=attempts)
    for turn in range(3):
        other.save(KEY, [turn])
    store.load(KEY)

    def purge_and_make() -> None:
        assert other.history(KEY)[0].number == 4
        purge(other, KEY)
        if again:
            other.create(KEY, ["next"])

    then(network, purge_and_make)
    with pytest.raises(CommitUnknownError) as caught:
        call(store)
    assert caught.value.outcome_unknown
    if again:
        assert [value for _, value in whole_history(network.backend, KEY)] == [["next"]]
    else:
        assert remains(network.backend) == []


def keys(network: Network) -> set[str]:
    """Of all that is stored, but those of encryption."""
    return {info.key for info in behind(network.backend).iterate()}


def always_lost(network: Network) -> Rule:
    return lambda request: network.lost if request.writes and request.role == "head" else None


@attempts
def test_a_purge_none_of_whose_answers_arrives(network: Network, attempts: int) -> None:
    network.good().save(KEY, ["old"])
    network.disturb(always_lost(network))
    assert purge(network.bad(attempts=attempts), KEY).revisions == 1
    assert remains(network.backend) == []


def dies() -> None:
    raise SystemExit


@pytest.mark.parametrize("network", ["inmemory", "local"], indirect=True)
@pytest.mark.parametrize("finish", ["purge", "gc"])
def test_half_a_purge_is_gone_for_readers_and_finished_by_the_next(
    network: Network, finish: str
) -> None:
    """Killed before each of its requests in turn."""
    position = 0
    while True:
        position += 1
        good = network.good()
        for turn in range(2 * MAX_ENTRIES + 1):
            good.save(KEY, ["secret", turn])
        network.disturb(at(len(network.line.requests) + position, before(dies)))
        try:
            purge(network.bad(attempts=1), KEY)
        except SystemExit:
            pass
        else:
            assert position > 5
            return
        reader = network.good()
        try:
            newest = reader.load(KEY).revision.number
        except NotFoundError:
            for call in (reader.history, reader.delete, reader.restore, reader.load):
                with pytest.raises(NotFoundError):
                    call(KEY)
            assert list(reader.list(MEMORIES.root)) == []
        else:  # not begun: all of it is there
            assert len(whole_history(network.backend, KEY)) == newest
        network.disturb(None)
        if finish == "purge" or reader.reader.heads.get(KEY):
            with suppress(NotFoundError):
                purge(reader, KEY)
        else:
            gc(reader)
        assert remains(network.backend) == []
        assert verify(network.good()).orphans == ()
        gc(network.good(), grace=AT_ONCE)
        assert keys(network) == set()


def test_gc_removes_what_a_purge_left_when_it_is_old(network: Network) -> None:
    store = network.good()
    store.save(KEY, [1])
    purge(store, KEY)
    left = keys(network)
    assert left == {KEY, f"deleted/{KEY}"}
    assert gc(store).keys == ()
    planned = gc(store, grace=AT_ONCE, dry_run=True)
    assert keys(network) == left == set(planned.keys)
    assert set(gc(store, grace=AT_ONCE).keys) == left
    assert keys(network) == set()
    assert store.save(KEY, [2]).number == 1


@attempts
def test_a_gc_whose_answers_are_lost_leaves_the_next_document(
    network: Network, attempts: int
) -> None:
    if not network.conditional_delete:
        pytest.skip("this server deletes whatever is there, also what was written in between")
    other = network.good()
    other.save(KEY, ["old"])
    purge(other, KEY)
    made: list[Revision] = []
    network.disturb(
        any_of(
            on("delete", "head", network.lost, before(lambda: made.append(other.save(KEY, [1])))),
            on("get", "head", None, None),
        )
    )
    with suppress(UnavailableError):
        gc(network.bad(attempts=attempts), grace=AT_ONCE)
    network.disturb(None)
    if not made:
        made.append(other.save(KEY, [1]))
    assert whole_history(network.backend, KEY) == [(made[0], [1])]
    assert list(network.good().list(MEMORIES.root)) == [KEY]


def test_two_documents_at_one_key_do_not_share_expectations(network: Network) -> None:
    store = network.good()
    old = store.save(KEY, ["old"])
    purge(store, KEY)
    store.save(KEY, ["new"])
    with pytest.raises(ConflictError):
        store.save(KEY, ["mine"], expected=old)


@pytest.mark.parametrize("network", ["inmemory", "local"], indirect=True)
@pytest.mark.parametrize("others", [True, False], ids=["answers-lost-too", "refused"])
def test_no_error_of_a_purge_that_has_landed_says_that_nothing_was_done(
    network: Network, others: bool
) -> None:
    """Whichever of its requests fails, while it settles or while it erases."""
    position = 0
    while True:
        position += 1
        good = network.good()
        for turn in range(MAX_ENTRIES + 1):
            good.save(KEY, [turn])
        start, lost = len(network.line.requests), iter([network.lost])

        def rule(request: Request, first: int = start + position, lost: Any = lost) -> Any:
            if request.position < first:
                is_swap = request.operation == "put" and request.role == "head"
                return next(lost, None) if is_swap and others else None
            return network.refused

        network.disturb(rule)
        try:
            purge(network.bad(attempts=1), KEY)
        except UnavailableError as error:
            told = error.outcome_unknown
        except CommitUnknownError:
            told = True
        else:
            assert position > 5
            return
        network.disturb(None)
        gone = network.good().reader.read(KEY)
        assert gone is not None
        assert told or not gone.purged
        with suppress(NotFoundError):
            purge(network.good(), KEY)
        assert remains(network.backend) == []


@pytest.mark.parametrize("network", ["inmemory", "local"], indirect=True)
@pytest.mark.parametrize("operation", ["list", "put"])
def test_a_purge_that_lands_late_is_not_told_to_have_done_nothing(
    operation: str, network: Network
) -> None:
    """It settles, finds the head unchanged, and fails before or behind the same sent again."""
    network.good().save(KEY, ["old"])
    held, state = network.held(), {"held": False}

    def rule(request: Request) -> Fault | None:
        if not state["held"] and request.operation == "put" and request.role == "head":
            state["held"] = True
            return held
        return network.refused if state["held"] and request.operation == operation else None

    network.disturb(rule)
    with pytest.raises((CommitUnknownError, UnavailableError)) as caught:
        purge(network.bad(attempts=1), KEY)
    assert caught.value.outcome_unknown
    network.disturb(None)
    held.land()
    with pytest.raises(NotFoundError):
        network.good().load(KEY)
