"""Writes that land without an answer, or later than anybody waits: one success, one revision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ingenious_storage.documents import DocumentStore, Revision, prune, purge
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    StorageError,
)
from tests.library.documents.faults.conftest import NETWORKS, Network, slow_unless_quick
from tests.library.documents.faults.scenario import KEY, append
from tests.support.faults import Fault, Request, Role, Rule, any_of, before, on
from tests.support.writers import remains, size_of, whole_history


@dataclass(frozen=True)
class Case:
    """A call on a document that was saved `saves` times, and one request of it."""

    call: Callable[[DocumentStore], Revision]
    data: Any
    saves: int = 3
    request: tuple[str, Role] = ("put", "head")
    knows: bool = True
    """Whether the store remembers the head."""


SAVE = Case(lambda store: store.save(KEY, ["mine"]), ["mine"])
CASES = {
    "create": Case(lambda store: store.create(KEY, ["mine"]), ["mine"], saves=0, knows=False),
    "first-save": Case(SAVE.call, ["mine"], saves=0, knows=False),
    "save-new": Case(lambda store: store.save_new(KEY, [1]), [1], saves=0, knows=False),
    "save": SAVE,
    "blind-save": Case(SAVE.call, ["mine"], knows=False),
    "expected": Case(lambda store: store.save(KEY, ["mine"], expected=3), ["mine"]),
    "update": Case(append("mine"), [2, "mine"]),
    "blind-update": Case(append("mine"), [2, "mine"], knows=False),
    "delete": Case(lambda store: store.delete(KEY), None),
    "rollback": Case(lambda store: store.rollback(KEY, 1), [0]),
    "swap": Case(append("mine"), [31, "mine"], saves=32),
}
NOT_COMMITTING = {
    "seal": Case(append("mine"), [31, "mine"], saves=32, request=("put", "segment")),
    "marker": Case(lambda store: store.delete(KEY), None, request=("put", "marker")),
}
LATE = ("create", "save", "blind-update", "delete", "swap")
attempts = pytest.mark.parametrize("attempts", [1, 5], ids=["no-retries", "retries"])
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def prepared(network: Network, case: Case, attempts: int) -> DocumentStore:
    good = network.good()
    for turn in range(case.saves):
        good.save(KEY, [turn])
    store = network.bad(attempts=attempts)
    if case.knows:
        store.load(KEY)
    return store


def check_one(network: Network, case: Case, told: Revision, *, others: int = 0) -> None:
    """One revision by the call, whole, and those of `others`."""
    history = whole_history(network.backend, KEY)
    assert len(history) == case.saves + 1 + others
    assert [value for revision, value in history if revision == told] == [case.data]


@attempts
@cases
@pytest.mark.parametrize("fault", ["lost", "refused"])
def test_a_commit_without_an_answer(
    network: Network, case: Case, attempts: int, fault: str
) -> None:
    store = prepared(network, case, attempts)
    network.disturb(on(*case.request, getattr(network, fault)))
    check_one(network, case, case.call(store))


@attempts
@cases
def test_a_commit_with_two_answers_lost(network: Network, case: Case, attempts: int) -> None:
    store = prepared(network, case, attempts)
    network.disturb(on(*case.request, network.refused, network.lost))
    check_one(network, case, case.call(store))


@pytest.mark.parametrize("case", NOT_COMMITTING.values(), ids=NOT_COMMITTING)
@pytest.mark.parametrize("fault", ["lost", "refused", "throttled"])
def test_a_seal_or_marker_without_an_answer(network: Network, case: Case, fault: str) -> None:
    store = prepared(network, case, 5)
    network.disturb(on(*case.request, getattr(network, fault)))
    check_one(network, case, case.call(store))


@pytest.mark.parametrize("case", NOT_COMMITTING.values(), ids=NOT_COMMITTING)
@pytest.mark.parametrize("fault", ["lost", "refused", "throttled"])
def test_without_retries_a_seal_or_marker_fails_before_anything_changed(
    network: Network, case: Case, fault: str
) -> None:
    store = prepared(network, case, 1)
    network.disturb(on(*case.request, getattr(network, fault)))
    with pytest.raises(StorageError) as caught:
        case.call(store)
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert network.good().existing(KEY).number == case.saves
    check_one(network, case, case.call(store))


@attempts
def test_a_create_whose_answer_is_lost_is_no_false_refusal(network: Network, attempts: int) -> None:
    store = prepared(network, CASES["create"], attempts)
    network.disturb(on("put", "head", network.lost))
    store.create(KEY, ["mine"])
    with pytest.raises(AlreadyExistsError):
        network.bad(attempts=attempts).create(KEY, ["mine"])
    assert len(whole_history(network.backend, KEY)) == 1


@attempts
@pytest.mark.parametrize("others", [1, 40])
def test_a_create_that_came_too_late(network: Network, attempts: int, others: int) -> None:
    """The first try does not arrive, and somebody else is there before the second."""
    store = prepared(network, CASES["create"], attempts)
    commit = committing(network, others)
    rule = on("put", "head", network.refused, before(commit))
    if attempts == 1:
        rule = any_of(on("put", "head", network.refused), on("get", "head", before(commit)))
    network.disturb(rule)
    with pytest.raises(AlreadyExistsError):
        store.create(KEY, ["mine"])
    assert len(whole_history(network.backend, KEY)) == others


def committing(network: Network, count: int) -> Callable[[], None]:
    """Somebody else, who commits on top of whatever is there."""

    def commit() -> None:
        good = network.good()
        for turn in range(count):
            append(f"other {turn}")(good)

    return commit


def late(*others: int, names: Sequence[str] = LATE) -> pytest.MarkDecorator:
    """Cases, each with others that commit meanwhile; many of those are slow over the wire."""
    return pytest.mark.parametrize(
        ("network", "case", "others"),
        [
            pytest.param(
                network,
                CASES[name],
                count,
                id=f"{network}-{name}-{count}",
                marks=slow_unless_quick(network)
                or [pytest.mark.slow] * (network == "azurite" and count > 1 and name != "swap"),
            )
            for network in NETWORKS
            for name in names
            for count in others
            if (name, bool(count)) != ("delete", True)  # what is appended to it is a new list
        ],
        indirect=["network"],
    )


@attempts
@late(0)
def test_a_request_that_lands_after_the_one_that_was_sent_again(
    network: Network, case: Case, attempts: int, others: int
) -> None:
    store, held = prepared(network, case, attempts), network.held()
    network.disturb(on("put", "head", held))
    told = case.call(store)
    held.land()
    check_one(network, case, told)


@attempts
@late(0, 1, 40, 80)
def test_a_request_that_lands_late_and_is_built_upon(
    network: Network, case: Case, attempts: int, others: int
) -> None:
    """It lands just before it is looked for, or sent again, and others commit on top at once."""
    store, held = prepared(network, case, attempts), network.held()
    commit = committing(network, others)

    def meanwhile() -> None:
        held.land()
        commit()

    rule = on("put", "head", held, before(meanwhile))
    if attempts == 1:
        rule = any_of(on("put", "head", held), on("get", "head", *settling(case, meanwhile)))
    network.disturb(rule)
    told = case.call(store)
    assert told.number == case.saves + 1
    check_one(network, case, told, others=others)


@late(0, 1, 40, 80)
def test_a_request_that_lands_between_settling_and_sending_again(
    network: Network, case: Case, others: int
) -> None:
    """What was sent again is refused for certain, and the first has landed all the same."""
    store, held = prepared(network, case, 1), network.held()
    commit = committing(network, others)

    def meanwhile() -> None:
        held.land()
        commit()

    network.disturb(on("put", "head", held, before(meanwhile)))
    told = case.call(store)
    assert told.number == case.saves + 1
    check_one(network, case, told, others=others)


@attempts
@late(1, 40, 80, names=["save", "swap"])
def test_a_request_that_lands_too_late(
    network: Network, case: Case, attempts: int, others: int
) -> None:
    """Others were faster, so it is refused when it lands; the call goes on top of them."""
    store, held = prepared(network, case, attempts), network.held()
    commit = committing(network, others)

    def meanwhile() -> None:
        commit()
        held.land()

    rule = on("put", "head", held, before(meanwhile))
    if attempts == 1:
        rule = any_of(on("put", "head", held), on("get", "head", *settling(case, meanwhile)))
    network.disturb(rule)
    told = case.call(store)
    assert told.number == case.saves + others + 1
    history = whole_history(network.backend, KEY)
    assert len(history) == case.saves + others + 1
    assert history[-1][0] == told
    assert history[-1][1][-1] == "mine"


def settling(case: Case, hook: Callable[[], None]) -> list[Fault | None]:
    """`hook` before the head is read to settle, not when it is read at first."""
    first: list[Fault | None] = [] if case.knows or case.saves == 0 else [None]
    return [*first, before(hook)]


@attempts
@pytest.mark.parametrize("fault", ["lost", "refused"])
def test_an_outage_while_it_is_settled_is_told_and_the_history_knows(
    network: Network, attempts: int, fault: str
) -> None:
    store = prepared(network, SAVE, attempts)
    down = any_of(on("put", "head", getattr(network, fault)), always(network.refused))
    network.disturb(down)
    with pytest.raises(CommitUnknownError) as caught:
        store.save(KEY, ["mine"])
    assert caught.value.write_id
    assert caught.value.outcome_unknown
    network.disturb(None)
    landed = [r for r in store.history(KEY) if r.write_id == caught.value.write_id]
    assert len(landed) == (fault == "lost")
    assert store.save(KEY, ["after"]).number == SAVE.saves + 1 + len(landed)
    assert len(whole_history(network.backend, KEY)) == SAVE.saves + 1 + len(landed)


@attempts
def test_writes_that_never_get_through_are_told_to_be_unknown(
    network: Network, attempts: int
) -> None:
    store = prepared(network, SAVE, attempts)
    writes: list[Request] = []

    def no_writes(request: Request) -> Fault | None:
        if not request.writes:
            return None
        writes.append(request)
        return network.refused

    network.disturb(no_writes)
    with pytest.raises(CommitUnknownError) as caught:
        store.save(KEY, ["mine"])
    network.disturb(None)
    assert len(writes) <= 3 * attempts  # an outage is not hammered
    assert caught.value.write_id not in {r.write_id for r in store.history(KEY)}
    assert len(whole_history(network.backend, KEY)) == SAVE.saves


@attempts
def test_a_conflict_for_certain_is_no_unknown_outcome(network: Network, attempts: int) -> None:
    """When the head cannot be read after a refusal, that is the whole story."""
    store = prepared(network, SAVE, attempts)
    network.good().save(KEY, ["other"])
    network.disturb(lambda request: network.refused if request.operation == "get" else None)
    with pytest.raises(StorageError) as caught:
        store.save(KEY, ["mine"])
    assert not isinstance(caught.value, CommitUnknownError)
    assert not caught.value.outcome_unknown


@attempts
def test_throttling_is_no_unknown_outcome(network: Network, attempts: int) -> None:
    store = prepared(network, SAVE, attempts)
    network.disturb(on("put", "head", network.throttled))
    if attempts == 1:
        with pytest.raises(StorageError) as caught:
            store.save(KEY, ["mine"])
        assert (caught.value.code, caught.value.outcome_unknown) == ("throttled", False)
    check_one(network, SAVE, store.save(KEY, ["mine"]))


def test_expected_is_not_taken_for_a_conflict_with_itself(network: Network) -> None:
    """And still for a conflict with others."""
    store, held = prepared(network, CASES["expected"], 5), network.held()

    def meanwhile() -> None:
        committing(network, 1)()
        held.land()

    network.disturb(on("put", "head", held, before(meanwhile)))
    with pytest.raises(ConflictError):
        store.save(KEY, ["mine"], expected=3)
    assert len(whole_history(network.backend, KEY)) == 4


@attempts
@pytest.mark.parametrize("fault", ["lost", "refused"])
@pytest.mark.parametrize("saves", [1, 40])
def test_a_purge_whose_answers_are_lost_gives_its_receipt(
    network: Network, attempts: int, fault: str, saves: int
) -> None:
    good = network.good()
    for turn in range(saves):
        good.save(KEY, [turn])
    size = size_of(network.backend, KEY)
    store = network.bad(attempts=attempts)
    network.disturb(on("put", "head", getattr(network, fault)))
    receipt = purge(store, KEY)
    assert (receipt.revisions, receipt.bytes) == (saves, size)
    assert remains(network.backend) == []


@attempts
def test_a_prune_whose_answer_is_lost_goes_on(network: Network, attempts: int) -> None:
    for turn in range(70):
        network.good().save(KEY, [turn])
    store = network.bad(attempts=attempts)
    network.disturb(on("put", "head", network.lost))
    report = prune(store, KEY, keep=1)
    assert (report.first, report.revisions, report.blobs) == (65, 64, 2)
    assert len(whole_history(network.backend, KEY)) == 6


def always(fault: Fault) -> Rule:
    def rule(_request: Request) -> Fault:
        return fault

    return rule
