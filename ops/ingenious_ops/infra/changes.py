"""Changes of resources, read from the stream of the engine's events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from pulumi.automation.events import DiagnosticEvent, EngineEvent, StepEventMetadata

_MAX_BEGIN: Final = 0.5
_MAX_WAIT: Final = 5.0
"""Seconds; then the SDK cuts the stream of events."""
_MARKUP: Final = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_AS_ONE: Final[Mapping[str, str]] = {
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "discard-replaced": "replace",
    "import-replacement": "replace",
    "read-replacement": "replace",
    "remove-pending-replace": "replace",
}
_STILL: Final = frozenset({"same", "read", "refresh"})


@dataclass(frozen=True, slots=True)
class Change:
    """One resource and what happens to it: create, update, replace, delete, same, ..."""

    op: str
    urn: str
    properties: tuple[str, ...] = ()
    """The paths that differ, where the engine says so; never their values."""
    adopted: bool = False
    """Whether it was imported in the same operation: the live resource is what changes."""

    @property
    def type(self) -> str:
        """The type of the resource, such as "azure-native:storage:StorageAccount"."""
        return self.urn.split("::", 3)[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """The name of the resource in the program."""
        return self.urn.split("::", 3)[3]

    @property
    def is_hidden(self) -> bool:
        """A provider that nobody wrote down; `pulumi` does not show it either."""
        return self.type.startswith("pulumi:providers:") and self.name.startswith("default")

    @property
    def is_still(self) -> bool:
        """Whether nothing changes."""
        return self.op in _STILL


class Listener(Protocol):
    """Told while the engine works, from a thread of its own."""

    def started(self, change: Change) -> None:
        """A change of a resource has begun."""

    def finished(self, change: Change) -> None:
        """A change of a resource has ended, well or not."""

    def said(self, severity: str, text: str) -> None:
        """The engine or the program said something."""


@dataclass
class Recorder:
    """Takes the events of one operation; remembers the last of each resource, and every error."""

    listener: Listener
    by_urn: dict[str, Change] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)
    """The name of the resource, or "", and the message."""
    warnings: list[str] = field(default_factory=list)
    _components: dict[str, Change] = field(default_factory=dict)
    """Begun; one that registers no outputs is never said to be done."""
    _begun: Event = field(default_factory=Event)
    _ended: Event = field(default_factory=Event)

    def __call__(self, event: EngineEvent) -> None:
        self._begun.set()
        try:
            self._take(event)
        finally:
            if event.cancel_event is not None:
                self._ended.set()

    def wait(self) -> None:
        """Until the last event is here: the SDK does not wait for it when the engine has ended."""
        if self._begun.wait(_MAX_BEGIN):
            self._ended.wait(_MAX_WAIT)

    def _take(self, event: EngineEvent) -> None:
        if event.resource_pre_event is not None:
            self._start(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._finish(_change(event.res_outputs_event.metadata))
        elif event.diagnostic_event is not None:
            self._hear(event.diagnostic_event)
        elif event.summary_event is not None:
            for change in list(self._components.values()):
                self._finish(change)

    @property
    def changes(self) -> list[Change]:
        """What changes, without what stays as it is."""
        return [change for change in self.by_urn.values() if not change.is_still]

    @property
    def counts(self) -> dict[str, int]:
        """How many resources see each operation, those that stay included."""
        return dict(sorted(Counter(change.op for change in self.by_urn.values()).items()))

    def _start(self, step: StepEventMetadata) -> None:
        change, state = _change(step), step.new or step.old
        if change.is_hidden:
            return
        if state is not None and not state.custom:
            self._components[change.urn] = change
        self.listener.started(change)

    def _finish(self, change: Change) -> None:
        if change.is_hidden:
            return
        self._components.pop(change.urn, None)
        before = self.by_urn.get(change.urn)
        if before is not None and (before.adopted or before.op == "import" != change.op):
            change = replace(change, adopted=True)
        if before is None or before.op != change.op:
            self.by_urn[change.urn] = change
            self.listener.finished(change)
        elif change.properties:
            self.by_urn[change.urn] = change

    def _hear(self, event: DiagnosticEvent) -> None:
        text = _MARKUP.sub("", event.message).strip()
        if event.ephemeral or not text or event.severity == "debug":
            return
        if event.severity == "error":
            self.errors.append((_name(event.urn), text))
        elif event.severity == "warning":
            self.warnings.append(text)
        self.listener.said(event.severity, text)


def _name(urn: str | None) -> str:
    """The resource that a message is about; "" for none, and for a provider nobody wrote down."""
    if not urn:
        return ""
    change = Change("", urn)
    return "" if change.is_hidden else change.name


def _change(step: StepEventMetadata) -> Change:
    op = str(step.op.value)
    differing = step.detailed_diff or step.diffs or ()
    return Change(_AS_ONE.get(op, op), step.urn, tuple(sorted(differing)))
