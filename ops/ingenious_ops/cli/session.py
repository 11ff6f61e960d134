"""One run of the command line: its common options, and the storage that they choose."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

import ingenious_storage
from ingenious_ops.cli.output import Output
from ingenious_ops.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_ops.telemetry import Telemetry
    from ingenious_storage import MemoryManager, PromptLibrary, Storage
    from ingenious_storage.config import Settings


@dataclass
class Session:
    """What the common options say, and what a command opens by them."""

    out: Output = field(default_factory=Output)
    configuration: Configuration = field(default_factory=Configuration)
    overrides: dict[str, Any] = field(default_factory=dict)
    """What options of the command say in place of the configuration, by dotted keys."""
    telemetry: Telemetry | None = field(default=None, init=False)

    def keep(self, option: str, value: str | bool) -> None:  # noqa: FBT001  # what click gives
        """Take a common option; the one behind the command's name comes last and wins."""
        if hasattr(self.out, option):
            setattr(self.out, option, value)
        else:
            self.configuration = replace(self.configuration, **{option: str(value)})

    @cached_property
    def settings(self) -> Settings:
        """Read by the first use."""
        return self.configuration.settings(self.overrides)

    @cached_property
    def storage(self) -> Storage:
        """Opened by the first use, closed when the command ends; telemetry starts with it."""
        self.start_telemetry()
        storage = ingenious_storage.Storage(self.settings)
        _at_the_end(storage.close)
        self.out.detail(_describe(storage))
        return storage

    def start_telemetry(self, *, serves: bool = False) -> Telemetry | None:
        """What the section `telemetry:` asks for, from now until the command ends.

        Args:
            serves: the command answers `/metrics`, so Prometheus is on in any case.
        """
        if self.telemetry is None and (serves or self.settings.telemetry.is_on):
            from ingenious_ops.cli.telemetry import start  # noqa: PLC0415  # when it is on

            self.telemetry, end = start(self.settings, self.out, serves=serves)
            _at_the_end(end)
        return self.telemetry

    @property
    def memory(self) -> MemoryManager:
        """The memories of `storage`."""
        return self.storage.memory

    @property
    def prompts(self) -> PromptLibrary:
        """The prompt sets of `storage`."""
        return self.storage.prompts


def _at_the_end(call: Callable[[], object]) -> None:
    click.get_current_context().find_root().call_on_close(call)


def _describe(storage: Storage) -> str:
    settings = storage.settings
    return f"storage: {place_of(settings)}; profile: {settings.profile or 'none'}"


def place_of(settings: Settings) -> str:
    """Which storage it is, such as "local, data"."""
    storage = settings.storage
    return ", ".join(filter(None, (storage.type, storage.store.place())))


pass_session = click.make_pass_decorator(Session, ensure=True)
