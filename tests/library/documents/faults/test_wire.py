"""What only a real connection can do to an answer; every store behind a proxy."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest

from ingenious_storage.documents import verify
from ingenious_storage.errors import StorageError
from ingenious_storage.services.kinds import MEMORIES
from tests.library.documents.faults.conftest import WireNetwork
from tests.library.documents.faults.proxy import Refusal, TimedOut, canned, cut, lost
from tests.library.documents.faults.scenario import KEY, append
from tests.support.faults import Call, Fault, Request, before, on
from tests.support.stores import EVERY
from tests.support.writers import (
    CONVERSATION,
    append_many,
    check_saved,
    together,
    whole_history,
)

pytestmark = pytest.mark.parametrize("network", EVERY, indirect=True)
LOSS = 0.15
PATIENT = 12
"""Attempts of a writer: with 5, one call in a few hundred loses all its answers, as it may."""
CROWDS = [
    pytest.param(3, 8, id="3x8"),
    pytest.param(6, 32, id="6x32", marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
]


def five_hundred_after_all(request: Request, call: Call) -> Refusal:
    """It lands, and the service answers that it failed."""
    call()
    return Refusal(500, "InternalError")


@pytest.mark.parametrize("attempts", [1, 5])
@pytest.mark.parametrize(
    "fault",
    [
        five_hundred_after_all,
        canned(500, "InternalError"),
        canned(500, "OperationTimedOut"),
        canned(502, ""),
        canned(408, ""),
    ],
    ids=["after-all", "internal-error", "timed-out", "gateway", "request-timeout"],
)
def test_answers_that_do_not_tell_whether_it_landed(
    network: WireNetwork, fault: Fault, attempts: int
) -> None:
    network.good().save(KEY, [1])
    store = network.bad(attempts=attempts)
    network.disturb(on("put", "head", fault))
    told = append("mine")(store)
    assert [value for _, value in whole_history(network.backend, KEY)] == [[1], [1, "mine"]]
    assert told == network.good().history(KEY)[0]


def test_an_answer_that_breaks_off_is_never_taken_for_the_whole(network: WireNetwork) -> None:
    good = network.good()
    for turn in range(40):
        good.save(KEY, ["x" * 1000, turn])
    store = network.bad(attempts=5)
    network.disturb(on("get", "head", cut))
    assert store.load(KEY).data == ["x" * 1000, 39]
    network.disturb(on("get", "segment", cut))
    assert store.load(KEY, revision=1).data == ["x" * 1000, 0]
    network.disturb(on("list", "container", cut))
    assert verify(store, KEY).revisions == 40
    once = network.bad(attempts=1)
    network.disturb(on("get", "head", cut))
    with pytest.raises(StorageError) as caught:
        once.save(KEY, ["mine"])
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)
    assert len(whole_history(network.backend, KEY)) == 40


@pytest.mark.parametrize("others", [0, 1])
def test_a_client_that_waits_until_its_timeout(network: WireNetwork, others: int) -> None:
    """Its request lands while it is settled, and somebody else commits on top."""
    network.good().save(KEY, [1])
    store, held = network.bad(attempts=5, impatient=True), TimedOut()
    store.load(KEY)
    finished = threading.Event()

    def meanwhile() -> None:
        held.land()
        for _ in range(others):
            append("other")(network.good())
        finished.set()

    network.disturb(on("put", "head", held, before(meanwhile)))
    told = append("mine")(store)
    assert finished.wait(60)
    history = whole_history(network.backend, KEY)
    assert [value for _, value in history] == [[1], [1, "mine"], [1, "mine", "other"]][: 2 + others]
    assert history[1][0] == told


class AtRandom:
    """A rule that loses each answer with the same chance."""

    def __init__(self, seed: int) -> None:
        self.lot, self.requests, self.lost = random.Random(seed), 0, 0

    def __call__(self, request: Request) -> Fault | None:
        self.requests += 1
        if self.lot.random() >= LOSS:
            return None
        self.lost += 1
        return lost


@pytest.mark.parametrize(("writers", "turns"), CROWDS)
def test_many_writers_while_answers_are_lost(
    network: WireNetwork, writers: int, turns: int
) -> None:
    """Whatever request it is: nothing acknowledged is lost, nothing is doubled."""
    line = AtRandom(seed=11)
    network.disturb(line)
    told = together(append_many, writers, replace(network.disturbed, attempts=PATIENT), turns)
    network.disturb(None)
    assert line.requests > writers * turns
    assert line.lost > 0.05 * line.requests
    key = MEMORIES.key(CONVERSATION)
    history = whole_history(network.backend, key)
    check_saved(history, told)
    final = history[-1][1]
    assert len(set(final)) == len(final) == len(history)
    unknown = [message for saved in told for _, message in saved.unknown]
    sent = {f"{writer}/{turn}" for writer in range(writers) for turn in range(turns)}
    assert sent - set(unknown) <= set(final) <= sent
    assert len(unknown) < len(sent) / 10
    for revision, data in history:
        assert data == final[: revision.number]
