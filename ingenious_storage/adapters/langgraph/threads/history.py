"""History of delta channels: what ancestors have written, back to a stored value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from langgraph.checkpoint.base import DeltaChannelHistory, PendingWrite
from langgraph.checkpoint.serde.base import SerializerProtocol

from ingenious_storage.adapters.langgraph.threads.record import Stored
from ingenious_storage.adapters.langgraph.threads.writes import loaded


def delta_history(
    ancestors: Iterator[Stored], serde: SerializerProtocol, channels: Sequence[str]
) -> Mapping[str, DeltaChannelHistory]:
    """The contract of `BaseCheckpointSaver.get_delta_channel_history`.

    Args:
        ancestors: parent first; taken as far as a channel has no value yet.
    """
    steps: dict[str, list[list[PendingWrite]]] = {name: [] for name in channels}
    seeds: dict[str, Stored] = {}
    for ancestor in ancestors:
        wanted = steps.keys() - seeds.keys()
        writes = loaded(serde, [write for write in ancestor.writes if write[3] in wanted])
        for name in wanted:
            steps[name].append([write for write in writes if write[1] == name])
        seeds |= dict.fromkeys(wanted & ancestor.record["channels"].keys(), ancestor)
        if len(seeds) == len(steps):
            break
    return {name: _entry(name, found, seeds.get(name), serde) for name, found in steps.items()}


def _entry(
    name: str,
    newest_first: Sequence[Sequence[PendingWrite]],
    seed: Stored | None,
    serde: SerializerProtocol,
) -> DeltaChannelHistory:
    writes = [write for step in reversed(newest_first) for write in step]
    if seed is None:
        return {"writes": writes}
    return {"writes": writes, "seed": seed.value(serde, name)}
