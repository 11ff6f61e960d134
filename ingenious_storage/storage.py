"""Storage: the services on both containers of one configuration, and the one of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from ingenious_storage import documents
from ingenious_storage.arguments import of_kind
from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Role, Settings, StorageSettings, load_settings
from ingenious_storage.documents import GRACE, DocumentStore
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health import Health
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services import agent_info, agents
from ingenious_storage.services.agents import AgentDocuments
from ingenious_storage.services.keys import Keys
from ingenious_storage.services.kinds import LABELS, PROMPT_SETS, is_prompt_key, of_data
from ingenious_storage.services.memory import MemoryManager
from ingenious_storage.services.prompts import PromptLibrary
from ingenious_storage.services.pruning import (
    Everything,
    PruneEntry,
    PruneKind,
    PrunePolicy,
    PruneSummary,
    Selection,
)
from ingenious_storage.wiring import Containers, build_backend, default_containers

if TYPE_CHECKING:
    from ingenious_storage.catalogue import Catalogue
    from ingenious_storage.documents import GcReport, Problem, Repair, Stored, VerifyReport

DANGLING_LABEL: Final = "dangling_label"
"""The code of a label whose revision is gone."""


class Storage(Unpickled):
    """Both containers and the services on them, as one configuration describes.

    Making one does no I/O. A context manager; leaving it closes the clients. Thread-safe.

    Attributes:
        settings: the configuration it was made of.
        data: the container of memories and of the application's own files.
        revisions: the container of prompt sets and labels.
        memory: the memories in `data`.
        prompts: the prompt sets in `revisions`.
        keys: the keys of both containers, for who administrates them.
        probes: each container by its role, without retries; `Health(storage, interval=5)` reads it.
        health: whether the containers answer; its thread is not running until you start it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        backend: Callable[[StorageSettings, str], Backend] = build_backend,
        containers: Containers | None = None,
    ) -> None:
        self.settings = settings
        self.containers = containers or Containers(settings, backend=backend)
        self.data, self.revisions = self.containers.data, self.containers.revisions
        owns = of_data(self.data)
        self.memory = MemoryManager(documents=self.containers.documents("data", owns=owns))
        self._agents = dict[str, AgentDocuments]()
        self.prompts = PromptLibrary(
            documents=self.containers.documents("revisions", owns=is_prompt_key)
        )
        self.keys = Keys(self.containers)
        self.probes = self.containers.probes
        self.health = Health(self)

    @classmethod
    def from_config(
        cls,
        profile: str | None = None,
        *,
        config_path: Path | str | None = None,
        profiles_path: Path | str | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Self:
        """From the files and variables of docs/configuration.md. Raises: ConfigurationError."""
        return cls(
            load_settings(
                profile,
                config_path=config_path,
                profiles_path=profiles_path,
                overrides=overrides,
            )
        )

    @cached_property
    def catalogue(self) -> Catalogue:
        """An index of all documents, to search them. Making it does no I/O."""
        # Few processes search, and each would read its modules to start.
        from ingenious_storage.catalogue import Catalogue  # noqa: PLC0415

        made = Catalogue(
            self.containers,
            {
                "memory": (self.memory.documents, self.memory.kind),
                "prompts": (self.prompts.documents, PROMPT_SETS),
                "label": (self.prompts.documents, LABELS),
            },
        )
        # Another thread may have been faster.
        kept: Catalogue = self.__dict__.setdefault("catalogue", made)
        return kept

    def agents(self, framework: str) -> AgentDocuments:
        """The documents that adapters keep for a framework, such as "langgraph", in `data`.

        One object for all who ask, so that their concurrent changes go together. No I/O.
        """
        if framework not in self._agents:
            made = AgentDocuments(self.memory.documents, framework)
            self._agents.setdefault(framework, made)  # another thread may have been faster
        return self._agents[framework]

    def agent_frameworks(self) -> list[str]:
        """The frameworks that `agents` has documents of, in order; by one listing."""
        return agent_info.frameworks(self.data)

    def verify(
        self,
        *,
        spread: Callable[[Role, Iterator[Stored]], Iterable[VerifyReport]] | None = None,
    ) -> dict[Role, VerifyReport]:
        """Rebuild and check every revision in both containers; also labels without a revision.

        A container that does not exist yet holds nothing that could be wrong. Problems are
        reported, not raised.

        Args:
            spread: gets a container's role and documents as they are listed, which are plain data,
                and gives the reports of `verify_listed` for all of them, some at a time and in
                their order, from whichever processes; None: all is done here.

        Raises: the errors of the store, and what `spread` raises.
        """
        found: dict[Role, VerifyReport] = {
            "data": documents.VerifyReport(),
            "revisions": documents.VerifyReport(),
        }
        for role, store, root, _ in self._places():
            if spread is None:
                found[role] += documents.verify(store, root)
            else:
                for report in spread(role, documents.stored(store, root)):
                    found[role] += report
            if root == LABELS.root:
                found[role] += documents.VerifyReport(problems=tuple(self._dangling_labels()))
        return found

    def verify_listed(self, role: Role, items: Iterable[Stored]) -> VerifyReport:
        """What `verify` does, of documents that it has listed in any process.

        What was written since is verified as it is now, and what was purged is no problem. Raises:
        the errors of the store.
        """
        store = self.memory.documents if role == "data" else self.prompts.documents
        return documents.verify(store, items=items)

    def gc(self, *, grace: timedelta = GRACE, dry_run: bool = False) -> dict[Role, GcReport]:
        """Delete what belongs to no document and is older than `grace`, in both containers.

        Raises: TypeError and ValueError when `grace` is no time, or less than none: what is being
        written now would go.
        """
        if of_kind(grace, timedelta, "such as timedelta(hours=24)") < timedelta(0):
            raise ValueError(f"grace is {grace}; give none, timedelta(0), or more")
        empty = documents.GcReport(dry_run=dry_run)
        found: dict[Role, GcReport] = {"data": empty, "revisions": empty}
        for role, store, root, _ in self._places():
            found[role] += documents.gc(store, root, grace=grace, dry_run=dry_run)
        return found

    def prune(
        self,
        policy: PrunePolicy | None = None,
        *,
        ttl: Mapping[str, timedelta] | None = None,
        kinds: Iterable[PruneKind] = (),
        frameworks: Iterable[str] = (),
        dry_run: bool = False,
        on_entry: Callable[[PruneEntry], None] | None = None,
    ) -> PruneSummary:
        """Drop old revisions by a policy, and erase documents whose TTL has passed.

        All documents of both containers, several at a time; docs/pruning.md has the rules. An error
        of one does not stop the others: it is in the summary.

        Args:
            policy: which revisions may go; None: none, and only TTLs are applied.
            ttl: after how long without a write a document is erased, by "memory" or by framework;
                None: as `storage.ttl_days` says; {}: nothing is erased whole.
            kinds: which documents, "memory", "prompts", "label" or "agents"; none for all.
            frameworks: of "agents" those of these frameworks alone.
            dry_run: say what would go, and change nothing.
            on_entry: gets each entry as soon as it is known; then the summary has numbers alone,
                and takes no memory however many documents there are.

        Raises: ValueError and TypeError, before any I/O, when nothing says what may go, or a name
        means nothing; OperationTimeoutError.
        """
        if policy is not None:
            of_kind(policy, PrunePolicy, "such as PrunePolicy(keep=20)")
        days = self.settings.storage.ttl_days
        ttls = {name: timedelta(days=each) for name, each in days.items()} if ttl is None else ttl
        selection = Selection.of(kinds, frameworks)
        everything = Everything(self.memory, self.prompts, policy, ttls, selection)
        return everything.prune(dry_run=dry_run, on_entry=on_entry)

    def repair(self, prefix: str = "", *, dry_run: bool = True) -> dict[Role, list[Repair]]:
        """Rebuild heads that are lost or cannot be read, of documents whose key begins so.

        Raises: ConflictError and AlreadyExistsError when somebody writes the same head meanwhile.
        """
        found: dict[Role, list[Repair]] = {"data": [], "revisions": []}
        for role, store, root, name_of in self._places():
            if root.startswith(prefix) or prefix.startswith(root):
                below = max(root, prefix, key=len)
                found[role] += documents.repair(store, below, name_of=name_of, dry_run=dry_run)
        return found

    def _places(self) -> Iterator[tuple[Role, DocumentStore, str, Callable[[str], str | None]]]:
        """Where documents are: below which prefix, and what tells a name by its key.

        Keys of other shapes are the application's.
        """
        if self.data.container_exists():
            yield "data", self.memory.documents, self.memory.kind.root, self.memory.kind.name
            yield "data", self.memory.documents, agents.ROOT, agents.name_by_key
        if self.revisions.container_exists():
            for kind in (PROMPT_SETS, LABELS):
                yield "revisions", self.prompts.documents, kind.root, kind.name

    def _dangling_labels(self) -> Iterator[Problem]:
        for label in self.prompts.dangling_labels():
            gone = f"it pins revision {label.number} of {label.set!r}, which is gone"
            yield documents.Problem(LABELS.key(label.name), DANGLING_LABEL, gone)

    def close(self) -> None:
        """Stop `health` and give the clients back; more than once is fine."""
        self.health.stop()
        if "catalogue" in self.__dict__:
            self.catalogue.close()
        self.containers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_default: Storage | None = None
_lock: Final = forks.new_lock()


def default_storage() -> Storage:
    """The storage that the configuration names: one in each process, also after a fork.

    It shares its containers with services that are made without an argument.
    """
    global _default  # noqa: PLW0603  # one for each process
    containers = default_containers()
    with _lock:
        if _default is None or _default.containers is not containers:
            _default = Storage(containers.settings, containers=containers)
        return _default


def get_file_storage(container: Role = "data") -> FileStorage:
    """One container of `default_storage()`, by its role. Raises: ConfigurationError."""
    if container not in ("data", "revisions"):
        raise ConfigurationError(
            f"no container {container!r}", hint='The containers are "data" and "revisions".'
        )
    return default_storage().data if container == "data" else default_storage().revisions
