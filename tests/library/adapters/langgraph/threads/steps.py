"""Steps of a thread without a graph: checkpoints that are put, and what is asked of a saver."""

from __future__ import annotations

import random
from typing import Any, Final

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    CheckpointMetadata,
    CheckpointTuple,
    empty_checkpoint,
)

_random: Final = random.Random(7)
_VOCABULARY: Final = [
    "".join(_random.choices("abcdefghijklmnopqrstuvwxyz", k=_random.randint(3, 9)))
    for _ in range(3000)
]


def text(length: int = 500) -> str:
    """Words of a vocabulary of 3,000: it compresses about as prose does."""
    words = " ".join(_random.choices(_VOCABULARY, k=length // 3))
    return words[:length]


def named(thread: str = "t", checkpoint: str | None = None, namespace: str = "") -> Any:
    """A config."""
    names = {"thread_id": thread, "checkpoint_ns": namespace}
    return {"configurable": names | ({"checkpoint_id": checkpoint} if checkpoint else {})}


def put(
    saver: BaseCheckpointSaver[Any],
    config: Any,
    checkpoint: str | None = None,
    metadata: CheckpointMetadata | None = None,
    **values: Any,
) -> Any:
    """A checkpoint on top of `config`, all of whose channels are new; its config."""
    made = empty_checkpoint()
    made["id"] = checkpoint or made["id"]
    versions = {name: saver.get_next_version(None, None) for name in values}
    made["channel_values"], made["channel_versions"] = values, dict(versions)
    return saver.put(config, made, metadata or {}, versions)


def steps(saver: BaseCheckpointSaver[Any], count: int, config: Any = None) -> list[str]:
    """Checkpoints with one new message each, and two writes of one task each; their ids."""
    config, version, messages, ids = config or named(), None, [], []
    for number in range(count):
        message = HumanMessage(text(), id=f"m{number}")
        messages.append(message)
        version = saver.get_next_version(version, None)
        made = empty_checkpoint()
        made["channel_values"] = {"messages": [*messages]}
        made["channel_versions"] = {"messages": version}
        config = saver.put(config, made, {"source": "loop", "step": number}, {"messages": version})
        ids.append(made["id"])
        writes = [("messages", message), ("branch:to:model", None)]
        saver.put_writes(config, writes, f"task {number}")
    return ids


def ids_of(found: Any) -> list[str]:
    """Of the tuples of a listing."""
    return [each.checkpoint["id"] for each in found]


def get(saver: BaseCheckpointSaver[Any], config: Any) -> CheckpointTuple:
    """One that must be there."""
    found = saver.get_tuple(config)
    assert found is not None
    return found


def writes_of(saver: BaseCheckpointSaver[Any], config: Any) -> list[Any]:
    """The pending writes of one that must be there."""
    return get(saver, config).pending_writes or []
