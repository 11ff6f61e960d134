"""Porcupine accepts what many clients were told, while answers are lost and requests are late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.proof.judge import Verdict, judge
from tests.integration.proof.places import PLACES, recorded, restarts_of
from tests.integration.proof.recording.crowd import Crowd
from tests.integration.proof.recording.journal import Call
from tests.integration.proof.recording.kinds import Kind
from tests.integration.proof.recording.stepped import stepped_history
from tests.support.layering import layered, new_key_file

pytestmark = pytest.mark.usefixtures("_small_segments")
KINDS: tuple[Kind, ...] = ("documents", "library")
MANY = 10_000
FEW = 300
SLOW = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture
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


def assert_busy(history: list[Call], calls: int) -> None:
    """It is no proof when little went well."""
    well = [call for call in history if call["return"] and "error" not in call["answer"]]
    assert len(well) > calls / 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("layers", "seeds", "calls"),
    [
        pytest.param("plain", 2, FEW, id="plain"),
        pytest.param("plain", 6, 2000, id="plain-many", marks=SLOW),
        pytest.param("layered", 1, 1000, id="layered-many", marks=SLOW),
    ],
    indirect=["layers"],
)
@pytest.mark.usefixtures("layers")
def test_in_memory(checker: Path, tmp_path: Path, *, kind: Kind, seeds: int, calls: int) -> None:
    """One request after the other, in an order that the seed decides."""
    told = {
        f"{seed}": stepped_history(seed, clients=6, calls=calls, kind=kind) for seed in range(seeds)
    }
    for history in told.values():
        assert_busy(history, calls)
    check(checker, told, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", ["plain", "layered"], indirect=True)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("layers")
@pytest.mark.slow
def test_killed_clients(checker: Path, tmp_path: Path, *, kind: Kind, place: str) -> None:
    """Each process is killed in the middle of its requests, and another one comes in its place."""
    crowd = Crowd(
        seed=1,
        calls=FEW,
        kind=kind,
        documents=2,
        kills=1,
        restarts=restarts_of(place, 1),
    )
    history = recorded(place, crowd, tmp_path)
    assert_busy(history, FEW)
    check(checker, {"killed": history}, tmp_path)


@pytest.mark.parametrize("place", ["disk", "azurite", "versitygw", "fake_gcs"])
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_calls(checker: Path, tmp_path: Path, place: str) -> None:
    """On one store of each API, half of them on documents and half on prompt sets with labels."""
    told: dict[str, list[Call]] = {}
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        crowd = Crowd(
            seed=2,
            calls=MANY // 2,
            kind=kind,
            clients=12,
            documents=6,
            kills=3,
            restarts=restarts_of(place, 3),
        )
        told[kind] = recorded(place, crowd, tmp_path / kind)
        assert_busy(told[kind], MANY // 2)
    check(checker, told, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_on_disk(checker: Path, tmp_path: Path, kind: Kind) -> None:
    """Threads of three clients' stacks; the others: `make test-slow`."""
    history = Crowd(seed=3, calls=120, kind=kind).on_disk(tmp_path)
    assert_busy(history, 120)
    check(checker, {"disk": history}, tmp_path)
