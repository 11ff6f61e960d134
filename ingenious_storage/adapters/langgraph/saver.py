"""`StorageSaver`: LangGraph's checkpoints in a storage of ours."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from ingenious_storage.adapters.langgraph.threads import erasing
from ingenious_storage.adapters.langgraph.threads.history import delta_history
from ingenious_storage.adapters.langgraph.threads.namespace import Namespace
from ingenious_storage.adapters.langgraph.threads.record import Incoming, Stored, config_of
from ingenious_storage.adapters.langgraph.threads.twins import AsyncTwins
from ingenious_storage.adapters.langgraph.threads.view import STATE
from ingenious_storage.adapters.langgraph.threads.writes import write_of
from ingenious_storage.adapters.place import Place
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.services.agents import AgentDocuments
from ingenious_storage.storage import Storage

FRAMEWORK: Final = "langgraph"
OnFork = Literal["allow", "raise"]


class StorageSaver(AsyncTwins):
    """Threads of a graph, each namespace a document with a revision a checkpoint. Thread-safe.

    Making one does no I/O. Its async methods run in a bounded pool of threads. A read that is
    cancelled is cut off; a change says in a note of the CancelledError whether it was made.

    Args:
        storage: where; without one the storage that the configuration names, opened by the first
            call.
        on_fork: what a put does whose parent is not the newest checkpoint of its namespace:
            "allow" makes a fork, as LangGraph's own savers do; "raise" raises ConflictError before
            anything is written, so that of two runs at a time only one goes on.
        serde: of values; encryption and compression belong to the storage, not here.
    """

    def __init__(
        self,
        storage: Storage | None = None,
        *,
        on_fork: OnFork = "allow",
        serde: SerializerProtocol | None = None,
    ) -> None:
        super().__init__(serde=serde)
        if on_fork not in ("allow", "raise"):
            raise ConfigurationError(f"on_fork is {on_fork!r}", hint='It is "allow" or "raise".')
        self._place = Place(FRAMEWORK, storage)
        self._on_fork = on_fork

    @property
    def documents(self) -> AgentDocuments:
        """Where the threads are: a document is named by thread and namespace."""
        return self._place.documents

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that `config` names, or the greatest of its namespace. Two requests.

        Of an old one three; docs/frameworks/langgraph-saver.md says when they are more.
        """
        namespace = self._namespace(config)
        found = namespace.find(_checkpoint_id(config))
        if found is None:
            return None
        return found.tuple(self.serde, namespace.thread, namespace.name)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # the framework's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Checkpoints, newest first in each namespace; the history is read as far as it is taken.

        Args:
            config: whose thread, and namespace if it names one; None: of all threads.
            filter: metadata that must be equal; None fits what is missing.
            before: only ids below this one's.
        """
        if limit is not None and limit <= 0:
            return iter(())
        return islice(self._listed(config, filter or {}, before), limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Add a checkpoint, or replace the one with its id, whose writes stay. One request.

        Raises: ConflictError for a fork, with `on_fork="raise"`; ObjectTooLargeError.
        """
        namespace = self._namespace(config)
        incoming = Incoming(
            self.serde,
            _checkpoint_id(config),
            checkpoint,
            get_checkpoint_metadata(config, metadata),
            new_versions,
        )
        namespace.put(incoming, may_fork=self._on_fork == "allow")
        named: RunnableConfig = config_of(namespace.thread, namespace.name, incoming.id)
        return named

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Add writes of a task, also before their checkpoint is put. One request.

        What a task has written stays when it is written again; of errors, interrupts and resumes
        the last counts.
        """
        checkpoint = _checkpoint_id(config)
        if checkpoint is None:
            raise _incomplete("checkpoint_id")
        made = write_of(self.serde, writes, task_id, task_path)
        if made:
            self._namespace(config).put_writes(checkpoint, made)

    def delete_thread(self, thread_id: str) -> None:
        """Erase a thread, all its namespaces and their history."""
        self.documents.purge(str(thread_id))

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints of these runs, in whatever thread: all threads are read."""
        wanted = {str(each) for each in run_ids}
        if wanted:
            for namespace in self._namespaces():
                erasing.delete_for_runs(namespace, self.serde, wanted)

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy a thread, all its namespaces and their history: a write for 32 checkpoints.

        Raises: AlreadyExistsError when the target has something already.
        """
        erasing.copy_thread(self.documents, str(source_thread_id), str(target_thread_id))

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the newest checkpoint of each namespace, or all (`strategy="delete"`).

        Those that a delta channel of the newest needs stay too.

        Raises: ConfigurationError for another strategy.
        """
        if strategy not in ("keep_latest", "delete"):
            raise ConfigurationError(
                f"strategy is {strategy!r}", hint='It is "keep_latest" or "delete".'
            )
        for thread in map(str, thread_ids):
            if strategy == "delete":
                self.delete_thread(thread)
            else:
                for namespace in self._namespaces(thread):
                    erasing.keep_latest(namespace, self.serde)

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """What ancestors have written to these channels, in one walk through the history."""
        if not channels:
            return {}
        view = self._namespace(config).view()
        checkpoint = _checkpoint_id(config)
        of = view and (view.newest if checkpoint is None else view.find(checkpoint))
        ancestors = view.ancestors(of) if view and of else iter(())
        return delta_history(ancestors, self.serde, channels)

    def get_next_version(self, current: str | None, channel: None) -> str:
        """A greater version. Two forks never have the same, since its end is random."""
        number = int(str(current).split(".", maxsplit=1)[0]) if current else 0
        return f"{number + 1:032}.{random.random():016}"  # noqa: S311  # it is no secret

    def _listed(
        self,
        config: RunnableConfig | None,
        wanted: Mapping[str, Any],
        before: RunnableConfig | None,
    ) -> Iterator[CheckpointTuple]:
        one = _checkpoint_id(config) if config else None
        below = _checkpoint_id(before) if before else None
        for namespace in self._of(config):
            for stored in _listed(namespace, one, below):
                metadata = stored.metadata(self.serde) if wanted else {}
                if all(metadata.get(name) == value for name, value in wanted.items()):
                    yield stored.tuple(self.serde, namespace.thread, namespace.name)

    def _of(self, config: RunnableConfig | None) -> Iterator[Namespace]:
        if config is None:
            return self._namespaces()
        if config["configurable"].get("checkpoint_ns") is None:
            return self._namespaces(_thread_id(config))
        return iter((self._namespace(config),))

    def _namespaces(self, *thread: str) -> Iterator[Namespace]:
        documents = self.documents
        for name in documents.names(*thread):
            if name.leaf == STATE:
                yield Namespace(documents, *name.parts)

    def _namespace(self, config: RunnableConfig) -> Namespace:
        name = config["configurable"].get("checkpoint_ns")
        return Namespace(self.documents, _thread_id(config), "" if name is None else str(name))


def _listed(namespace: Namespace, one: str | None, before: str | None) -> Iterator[Stored]:
    view = namespace.view()
    if view is None:
        return
    if one is None:
        yield from view.checkpoints(before=before)
        return
    found = view.find(one) if before is None or one < before else None
    if found is not None:
        yield found


def _thread_id(config: RunnableConfig) -> str:
    """As text, so that 7 and "7" are one thread."""
    found = config["configurable"].get("thread_id")
    if found is None:
        raise _incomplete("thread_id")
    return str(found)


def _checkpoint_id(config: RunnableConfig) -> str | None:
    found = get_checkpoint_id(config)
    return str(found) if found else None


def _incomplete(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"the graph's config has no {name}",
        hint='Give it as config={"configurable": {"thread_id": "..."}}.',
    )
