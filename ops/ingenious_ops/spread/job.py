"""The job of spread work: what every worker is told beside its range, and opens a storage by."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ingenious_ops.bulk import held
from ingenious_ops.bulk.carried import Carried, carry
from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.errors import WorkerPlaceError
from ingenious_ops.configuration import Configuration
from ingenious_storage import Storage
from ingenious_storage.config import Settings
from ingenious_storage.errors import ConfigurationError

_MARK: Final = ".ingenious-bulk-"


@dataclass(frozen=True, slots=True)
class Job:
    """Plain data: names of settings and of places, no secret."""

    carried: Carried
    overrides: tuple[tuple[str, Any], ...]
    """What options of the command say in place of the configuration, by dotted keys."""
    place: str
    """Where the storage of the command lies."""
    mark: str = ""
    """A file beside the containers of a storage on disk, where other machines do the work."""

    @contextmanager
    def storage(self) -> Iterator[Storage]:
        """That of the command, as this worker reaches it; kept open for its next range.

        Raises: WorkerPlaceError when it is another one; ConfigurationError.
        """
        with held.lent(self, self._open) as storage:
            yield storage

    @contextmanager
    def _open(self) -> Iterator[Storage]:
        with self.carried.restored() as configuration:
            settings = configuration.settings(dict(self.overrides))
        with Storage(settings) as storage:
            found = place_of(storage)
            if found != self.place:
                raise WorkerPlaceError(
                    f"a worker would work on {found}, and the command says {self.place}"
                )
            folder = storage.data.backend.folder
            if self.mark and (folder is None or not (folder.parent / self.mark).is_file()):
                raise WorkerPlaceError(
                    "a worker does not find in the folder what the command has put there: it is "
                    "another folder of the same name, or the command has ended"
                )
            yield storage


@contextmanager
def job_of(
    storage: Storage,
    configuration: Configuration,
    overrides: Mapping[str, Any],
    choice: Choice,
) -> Iterator[Job]:
    """What the workers of `choice` are told, within the block.

    Raises: ConfigurationError for a storage that no other process reaches; LiteralSecretError;
    WorkerPlaceError when nothing can show a worker that it has the same folder.
    """
    settings = storage.settings
    if "inmemory" in _types(settings):
        raise ConfigurationError(
            "a storage in memory is that of one process", hint="Leave --executor out."
        )
    carried = carry(configuration, choice)
    with _marked(storage, choice) as mark:
        yield Job(carried, tuple(sorted(overrides.items())), place_of(storage), mark)


def place_of(storage: Storage) -> str:
    """Where both containers lie, safe to print. No I/O."""
    settings = storage.settings.storage
    folder = storage.data.backend.folder
    place = settings.store.place() if folder is None else str(folder.parent)
    return f"{settings.type} {place}: {settings.container_data}, {settings.container_revisions}"


def _types(settings: Settings) -> set[str]:
    storage = settings.storage
    if storage.type != "sharded":
        return {storage.type}
    return {shard.type for shard in storage.shards().values()}


@contextmanager
def _marked(storage: Storage, choice: Choice) -> Iterator[str]:
    """The name of a file that is beside the containers within the block; "" where none is needed:
    this machine has one folder of a name, and a service has one container."""
    folder = storage.data.backend.folder
    if not choice.leaves_machine or "local" not in _types(storage.settings):
        yield ""
        return
    if folder is None:
        raise WorkerPlaceError(
            "some shards are folders, and nothing shows other machines that theirs are the same",
            hint="Use --executor processes.",
        )
    if not folder.parent.is_dir():  # so that nothing is stored, and nothing is to be done
        yield ""
        return
    path = folder.parent / f"{_MARK}{secrets.token_hex(8)}"
    try:
        path.touch(exist_ok=False)
    except OSError as error:
        raise WorkerPlaceError(
            f"a mark for the workers cannot be put into {folder.parent}: {error.strerror}",
            hint="Let the command write there, or use --executor processes.",
        ) from error
    try:
        yield path.name
    finally:
        path.unlink(missing_ok=True)
