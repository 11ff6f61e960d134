"""One run of the command line: its common options, and the storage that they choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

import ingenious_storage
from ingenious_ops.cli.output import Output

if TYPE_CHECKING:
    from ingenious_storage import MemoryManager, PromptLibrary, Storage


@dataclass
class Session:
    out: Output = field(default_factory=Output)
    profile: str | None = None
    config: str | None = None
    profiles: str | None = None

    def keep(self, option: str, value: str | bool) -> None:  # noqa: FBT001  # what click gives
        """Take a common option; the one behind the command's name comes last and wins."""
        setattr(self.out if hasattr(self.out, option) else self, option, value)

    @cached_property
    def storage(self) -> Storage:
        """Opened by the first use, closed when the command ends."""
        storage = ingenious_storage.Storage.from_config(
            self.profile, config_path=self.config, profiles_path=self.profiles
        )
        click.get_current_context().find_root().call_on_close(storage.close)
        self.out.detail(_describe(storage))
        return storage

    @property
    def memory(self) -> MemoryManager:
        return self.storage.memory

    @property
    def prompts(self) -> PromptLibrary:
        return self.storage.prompts


def _describe(storage: Storage) -> str:
    settings = storage.settings
    place: str = settings.storage.type
    if place == "local":
        place += f", {settings.storage.base_path}"
    elif place == "azure_blob":
        place += f", {settings.storage.azure_account().account_url}"
    return f"storage: {place}; profile: {settings.profile or 'none'}"


pass_session = click.make_pass_decorator(Session, ensure=True)
