"""Records: a checkpoint as it is stored. Each channel is serialised by itself.

So what did not change keeps its bytes, and a step costs what it has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, cast

from langgraph.checkpoint.base import (
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from ingenious_storage.adapters.langgraph.threads.writes import Write, loaded

Typed = Sequence[Any]
"""A type and bytes, as a serializer gives and takes them."""
Channels = Mapping[str, Sequence[Any]]
"""By name: version, type and bytes."""


class Record(TypedDict):
    """As it stands in a state."""

    id: str
    parent: str | None
    checkpoint: Typed
    """Without the values of its channels."""
    metadata: Typed
    channels: dict[str, Sequence[Any]]


class NeedsParentError(Exception):
    """A channel keeps the value that the parent has, which is not the newest checkpoint."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A checkpoint that is being put. What is serialised once stays, however often it is asked."""

    serde: SerializerProtocol
    parent: str | None
    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    new_versions: Mapping[str, Any]
    _made: dict[str, Typed] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Of the checkpoint."""
        return self.checkpoint["id"]

    def record(self, base: Channels | None) -> Record:
        """As it is stored; `base`: the parent's channels, None when they are not known.

        Raises: NeedsParentError.
        """
        skeleton = {k: v for k, v in self.checkpoint.items() if k != "channel_values"}
        return {
            "id": self.id,
            "parent": self.parent,
            "checkpoint": self._typed("skeleton", skeleton),
            "metadata": self._typed("metadata", self.metadata),
            "channels": self._channels(base),
        }

    def _channels(self, base: Channels | None) -> dict[str, Sequence[Any]]:
        values, versions = self.checkpoint["channel_values"], self.checkpoint["channel_versions"]
        found: dict[str, Sequence[Any]] = {}
        # Some callers put values without versions, and expect them back.
        for name in dict.fromkeys((*versions, *values)):
            version = versions.get(name)
            held = (base or {}).get(name)
            if name not in self.new_versions and held is not None and held[0] == version:
                found[name] = held
            elif name in values:
                found[name] = [version, *self._typed(f"channel {name}", values[name])]
            elif name not in self.new_versions and base is None and self.parent is not None:
                raise NeedsParentError
        return found

    def _typed(self, name: str, value: Any) -> Typed:
        if name not in self._made:
            self._made[name] = self.serde.dumps_typed(value)
        return self._made[name]


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint that was found, with its writes; nothing of it is deserialised yet."""

    record: Record
    writes: Sequence[Write]

    @property
    def id(self) -> str:
        """Of the checkpoint."""
        return self.record["id"]

    @property
    def parent(self) -> str | None:
        """The id of the checkpoint that it came from."""
        return self.record["parent"]

    def metadata(self, serde: SerializerProtocol) -> Mapping[str, Any]:
        """Whose names and values `filter` compares."""
        return cast("Mapping[str, Any]", _loaded(serde, self.record["metadata"]))

    def value(self, serde: SerializerProtocol, channel: str) -> Any:
        """Of one channel. Raises: KeyError when it has none."""
        return _loaded(serde, self.record["channels"][channel][1:])

    def tuple(self, serde: SerializerProtocol, thread: str, namespace: str) -> CheckpointTuple:
        """As the framework takes it."""

        def config(checkpoint: str) -> Any:
            return config_of(thread, namespace, checkpoint)

        values = {name: self.value(serde, name) for name in self.record["channels"]}
        checkpoint = {**_loaded(serde, self.record["checkpoint"]), "channel_values": values}
        return CheckpointTuple(
            config=config(self.id),
            checkpoint=cast("Checkpoint", checkpoint),
            metadata=cast("CheckpointMetadata", self.metadata(serde)),
            parent_config=config(self.parent) if self.parent else None,
            pending_writes=loaded(serde, self.writes),
        )


def config_of(thread: str, namespace: str, checkpoint: str) -> Any:
    """What names a checkpoint."""
    names = {"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint}
    return {"configurable": names}


def _loaded(serde: SerializerProtocol, typed: Typed) -> Any:
    kind, data = typed
    return serde.loads_typed((kind, data))
