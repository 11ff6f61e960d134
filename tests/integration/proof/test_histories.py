"""Porcupine accepts what many clients were told, while answers are lost and requests are late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.proof.calls import MIX
from tests.integration.proof.crowd import crowd_history
from tests.integration.proof.judge import Verdict, judge
from tests.integration.proof.stepped import stepped_history
from tests.integration.proof.witness import Call
from tests.library.documents.faults.proxy import fault_proxy
from tests.support.layering import layered, new_key_file
from tests.support.stores import EVERY, running, slow

pytestmark = pytest.mark.usefixtures("_small_segments")
SEEDS = 10
CALLS = 3000
CLIENTS = [6, 24]
MIXES = {"purged": MIX, "kept": {kind: share for kind, share in MIX.items() if kind != "purge"}}
MANY = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(params=["plain", *slow("layered")], autouse=True)
def layers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Without compression, encryption and cache, and with them."""
    if request.param == "plain":
        yield
        return
    with layered(new_key_file(tmp_path_factory.mktemp("keys"))):
        yield


def check(checker: Path, histories: dict[str, list[Call]], folder: Path) -> None:
    wrong: dict[str, Verdict] = {
        name: verdict
        for name, verdict in judge(checker, histories, folder).items()
        if verdict.result != "accepted"
    }
    assert not wrong, "\n".join(f"{name} is {verdict}" for name, verdict in wrong.items())


@pytest.mark.parametrize("clients", CLIENTS)
@pytest.mark.parametrize(
    ("mix", "seeds", "calls"),
    [
        pytest.param("purged", 2, 300, id="purged"),
        pytest.param("kept", 1, 300, id="kept"),
        pytest.param("purged", SEEDS, CALLS, id="purged-many", marks=MANY),
        pytest.param("kept", 3, CALLS, id="kept-many", marks=MANY),
    ],
)
def test_in_memory(
    checker: Path, tmp_path: Path, *, clients: int, mix: str, seeds: int, calls: int
) -> None:
    told = {
        f"{seed}": stepped_history(seed, clients=clients, calls=calls, mix=MIXES[mix])
        for seed in range(seeds)
    }
    for history in told.values():
        assert_busy(history, calls)
    check(checker, told, tmp_path)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("clients", "calls"),
    [
        pytest.param(6, 120, id="6"),
        *(pytest.param(clients, CALLS, id=f"{clients}-many", marks=MANY) for clients in CLIENTS),
    ],
)
def test_on_a_server(
    request: pytest.FixtureRequest,
    checker: Path,
    tmp_path: Path,
    *,
    name: str,
    clients: int,
    calls: int,
) -> None:
    """The other seeds: `python -m tests.integration.proof`."""
    store = running(name, request)
    mix = MIXES["purged" if store.writes_beside_deletes else "kept"]
    with fault_proxy(store, store.api) as proxy:
        history = crowd_history(clients, store, proxy, clients=clients, calls=calls, mix=mix)
    assert_busy(history, calls)
    check(checker, {name: history}, tmp_path)


def assert_busy(history: list[Call], calls: int) -> None:
    """It is no proof when little went well."""
    well = [call for call in history if call["return"] and "error" not in call["answer"]]
    assert len(well) > calls / 3
