"""Whatever comes: the same calls to LangGraph's saver in memory, and to three processes in turn."""

from __future__ import annotations

import operator
import random

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from ingenious_storage.adapters.langgraph import StorageSaver
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.steps import get, ids_of, named, put

ROOT = named()


@pytest.mark.parametrize("seed", range(3))
def test_it_is_as_the_memory_saver_whatever_comes(opened: Opened, seed: int) -> None:
    """Random puts, late ones and replaced ones too, and writes."""
    draw, model, savers = random.Random(seed), InMemorySaver(), [opened() for _ in range(3)]
    ids: list[str] = []
    for step in range(120):
        saver = draw.choice(savers)
        if draw.random() < 0.5 or not ids:
            late = draw.random() < 0.3
            new = f"{draw.randrange(step + 1):04} {step}" if late else f"{step:04} {step}"
            name = draw.choice(ids) if ids and draw.random() < 0.15 else new
            parent = draw.choice(ids[-3:]) if ids else None
            ids.append(name)
            value = draw.random()
            for each in (saver, model):
                put(each, named(checkpoint=parent), name, a=value)
        else:
            name = draw.choice(ids[-6:] if draw.random() < 0.8 else ids)
            task, channel = f"task {draw.randrange(4)}", draw.choice(["a", "__interrupt__"])
            for each in (saver, model):
                each.put_writes(named(checkpoint=name), [(channel, step)], task)
        if step % 30 == 29:
            same(opened(), model, ids)
    for saver in (*savers, opened()):
        same(saver, model, ids)


def same(saver: StorageSaver, model: InMemorySaver, ids: list[str]) -> None:
    ours, theirs = [[*each.list(ROOT)] for each in (saver, model)]
    assert ids_of(ours) == ids_of(theirs)
    parts = operator.attrgetter("checkpoint", "pending_writes", "parent_config", "metadata")
    versionless = [{**parts(each)[0], "ts": "", "channel_versions": {}} for each in ours]
    assert versionless == [{**parts(each)[0], "ts": "", "channel_versions": {}} for each in theirs]
    assert [parts(each)[1:] for each in ours] == [parts(each)[1:] for each in theirs]
    for name in ids[:: max(1, len(ids) // 10)]:
        mine, other = (get(each, named(checkpoint=name)) for each in (saver, model))
        assert (mine.pending_writes, mine.parent_config) == (
            other.pending_writes,
            other.parent_config,
        )
