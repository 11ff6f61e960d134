"""The checker refuses what a store must never tell: faults planted into good histories."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from tests.integration.proof.judge import judge
from tests.integration.proof.planted import documents, erasing, labels, withdrawals
from tests.integration.proof.planted.documents import Fault
from tests.integration.proof.planted.story import Story
from tests.integration.proof.recording.kinds import Kind
from tests.integration.proof.recording.stepped import stepped_history
from tests.integration.proof.recording.weather import Weather

pytestmark = pytest.mark.usefixtures("_small_segments")
CALLS = 600
EACH = 3
"""How often each fault is planted, in different histories or places."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Histories with room for faults of one kind."""

    faults: Mapping[str, Fault]
    kind: Kind = "documents"
    mix: Mapping[str, int] | None = None
    weather: Callable[[random.Random], Weather] = Weather
    seeds: Sequence[int] = (2, 3, 5)


PLOTS = {
    "documents": Plot(documents.FAULTS),
    "erasing": Plot(
        erasing.FAULTS,
        mix={"load": 60, "append": 12, "save": 8, "prune": 3, "rewrite": 12, "purge": 1},
    ),
    "labels": Plot(labels.FAULTS, kind="library"),
    "pins": Plot(
        labels.PINNED,
        kind="library",
        mix={"load": 20, "save": 40, "label": 6, "label_of": 25, "prune": 10},
    ),
    "withdrawals": Plot(
        withdrawals.FAULTS,
        kind="library",
        mix={"save": 40, "label": 30, "unlabel": 10, "prune": 15, "purge": 5},
        # A withdrawal of which nobody knows could be there at any later time.
        weather=lambda lot: Weather(lot, {}, late=0),
        seeds=(2, 3, 5, 6, 9),
    ),
}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] * (name != "documents")) for name in PLOTS],
)
def plot(request: pytest.FixtureRequest) -> Plot:
    return PLOTS[request.param]


@pytest.fixture(scope="module")
def stories(plot: Plot, _small_segments: None) -> list[Story]:
    return [
        Story.of_history(
            stepped_history(
                seed,
                clients=6,
                calls=CALLS,
                kind=plot.kind,
                mix=plot.mix,
                weather=plot.weather,
            )
        )
        for seed in plot.seeds
    ]


def test_the_histories_are_good_before(checker: Path, stories: list[Story], tmp_path: Path) -> None:
    good = {str(number): story.calls for number, story in enumerate(stories)}
    verdicts = judge(checker, good, tmp_path)
    assert {v.result for v in verdicts.values()} == {"accepted"}, "\n".join(
        map(str, verdicts.values())
    )


def test_every_planted_fault_is_refused(
    checker: Path, stories: list[Story], tmp_path: Path, plot: Plot
) -> None:
    told, lot = {}, random.Random(8)
    for name, fault in plot.faults.items():
        edits = [(story, edit) for story in stories for edit in islice(fault(story), 2000)]
        assert len(edits) >= EACH, f"{name}: too few places in these histories"
        for number, (story, edit) in enumerate(lot.sample(edits, EACH)):
            told[f"{name}-{number}"] = story.edited(edit)
    verdicts = judge(checker, told, tmp_path, shrink=False)
    accepted = [name for name, verdict in verdicts.items() if verdict.result != "refused"]
    assert accepted == []
