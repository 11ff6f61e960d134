"""The checker refuses what a store must never tell: faults planted into good histories."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from tests.integration.proof.judge import judge
from tests.integration.proof.planted import FAULTS
from tests.integration.proof.stepped import stepped_history
from tests.integration.proof.story import Story

SEEDS = (2, 3, 5)
CALLS = 600
EACH = 3
"""How often each fault is planted, in different histories or places."""


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return [Story(stepped_history(seed, clients=6, calls=CALLS)) for seed in SEEDS]


def test_the_histories_are_good_before(checker: Path, stories: list[Story], tmp_path: Path) -> None:
    good = {str(number): story.calls for number, story in enumerate(stories)}
    verdicts = judge(checker, good, tmp_path)
    assert {v.result for v in verdicts.values()} == {"accepted"}, "\n".join(
        map(str, verdicts.values())
    )


def test_every_planted_fault_is_refused(
    checker: Path, stories: list[Story], tmp_path: Path
) -> None:
    planted, lot = {}, random.Random(8)
    for name, fault in FAULTS.items():
        edits = [(story, edit) for story in stories for edit in islice(fault(story), 2000)]
        assert len(edits) >= EACH, f"{name}: too few places in these histories"
        for number, (story, edit) in enumerate(lot.sample(edits, EACH)):
            planted[f"{name}-{number}"] = story.edited(edit)
    assert len(planted) >= 60
    verdicts = judge(checker, planted, tmp_path, shrink=False)
    accepted = [name for name, verdict in verdicts.items() if verdict.result != "refused"]
    assert accepted == []
