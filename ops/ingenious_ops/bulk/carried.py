"""Configuration that travels with the work, unresolved: each worker reads its own secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.errors import LiteralSecretError
from ingenious_ops.configuration import Configuration
from ingenious_storage.whole_files import write_file


@dataclass(frozen=True, slots=True)
class _Files:
    config: str
    profiles: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A configuration for another process.

    One on this machine reads the same files and has the same environment. Another machine gets what
    the files say of the storage, with `${NAME}` as it is written, and resolves it by its own.
    """

    configuration: Configuration
    files: _Files | None = None

    @contextmanager
    def restored(self) -> Iterator[Configuration]:
        """What the worker reads its settings by, within the block."""
        if self.files is None:
            yield self.configuration
            return
        with TemporaryDirectory(prefix="ingenious-bulk-") as folder:
            config, profiles = Path(folder, "config.yml"), Path(folder, "profiles.yml")
            write_file(config, self.files.config)
            write_file(profiles, self.files.profiles)
            yield Configuration(self.configuration.profile, str(config), str(profiles))


def carry(
    configuration: Configuration, choice: Choice, profiles: Collection[str | None] = (None,)
) -> Carried:
    """`configuration` as the workers of `choice` get it.

    Args:
        profiles: those that the work uses; None for the one that is chosen.

    Raises: LiteralSecretError when a secret would leave this machine; ConfigurationError.
    """
    if not choice.leaves_machine:
        return Carried(configuration)
    from ingenious_storage.config import portable  # noqa: PLC0415  # slow to import

    chosen = configuration.find_profiles().chosen
    found = portable(
        {name or chosen for name in profiles},
        config_path=configuration.config,
        profiles_path=configuration.profiles,
    )
    if found.literals:
        raise LiteralSecretError(
            "a secret stands as text in the configuration, and would travel to the cluster: "
            + ", ".join(found.literals)
        )
    return Carried(Configuration(chosen), _Files(found.config, found.profiles))
