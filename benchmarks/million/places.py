"""Places: the stores that commands run on, with so many conversations in them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from benchmarks.azure import fresh_azurite
from benchmarks.machine import SCRATCH
from benchmarks.million import corpus
from benchmarks.processes import once
from benchmarks.savers.door import counting_door
from tests.support.servers.azurite import Azurite

DATA: Final = Path(os.environ.get("MILLION_DATA") or SCRATCH / "million")
"""Where all of it lies: some 8 KB of disk a conversation, and as much again while they are copied.
"""
_DROP_CACHES: Final = Path("/proc/sys/vm/drop_caches")
"""Of Linux, for root."""
_ASIDE: Final = DATA / "aside"
_COMMAND: Final = (sys.executable, "-c", "from ingenious_ops.cli import main; main()")
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "memory ls": ("memory", "ls"),
    "verify": ("verify",),
    "index sync": ("index", "sync"),
    "memory export": ("memory", "export", "exported"),
    "migrate run": ("migrate", "run", "--from", "here:data", "--to", "there:data"),
}
_MADE_BY_COMMANDS: Final = ("exported", "there", "caches", ".ingenious", "output")

Taken = tuple[float, float, float, int | None]
"""Wall and CPU seconds, MB at the most, requests."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that commands run in; its profile `here` is the store."""

    folder: Path
    requests: Callable[[], int] | None = None
    """How many came to the store since the last look; None for a disk."""

    def run(self, command: str) -> Taken:
        """As if nothing had run before, and nothing were in memory. Raises: CalledProcessError."""
        _set_aside(self.folder)
        _empty_caches()
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "caches")}
        if self.requests is not None:
            self.requests()
        taken = once(
            (*_COMMAND, "--profile", "here", *COMMANDS[command]), self.folder, env=environment
        )
        return (*taken, None if self.requests is None else self.requests())


@contextmanager
def disk(conversations: int) -> Iterator[Place]:
    """On the disk of `DATA`. The conversations stay there for the next time."""
    folder = DATA / str(conversations)
    store, is_made = folder / "here", folder / "made"
    if not is_made.exists():
        (store / "ingenious-data").mkdir(parents=True, exist_ok=True)
        corpus.write(store / "ingenious-data", conversations)
        is_made.touch()
    _configure(folder, here=_folder("here"), there=_folder("there"))
    yield Place(folder)
    _set_aside(folder)


@contextmanager
def azurite(conversations: int) -> Iterator[tuple[Place, Taken]]:
    """On a fresh Azurite, and what `migrate run` took to fill it from the disk."""
    with (
        disk(conversations) as source,
        fresh_azurite() as server,
        counting_door(server.port) as door,
    ):
        through = Azurite(f"http://127.0.0.1:{door.port}")
        there = {"type": "azure_blob", "connection_string": through.connection_string}
        _configure(source.folder, here=_folder("here"), there=there)
        count: Callable[[], int] = lambda: door.take().requests  # noqa: E731
        taken = Place(source.folder, count).run("migrate run")
        folder = source.folder / "azurite"
        _configure(folder, here=there, there=_folder("there"))
        yield Place(folder, count), taken
        _set_aside(folder)


def clear() -> None:
    """Delete what commands made. Not between two of them: an ext4 without a journal does not use
    an inode again for minutes after it was deleted, and looks long for another one meanwhile.
    """
    shutil.rmtree(_ASIDE, ignore_errors=True)


def _empty_caches() -> None:
    """Few files are in the system's memory whole and a million are not: none are, for all sizes."""
    os.sync()
    try:
        _DROP_CACHES.write_text("3")
    except OSError as error:
        print(f"files may still be in memory: {error}", file=sys.stderr)


def _set_aside(folder: Path) -> None:
    _ASIDE.mkdir(parents=True, exist_ok=True)
    for name in _MADE_BY_COMMANDS:
        if (folder / name).exists():
            (folder / name).rename(_ASIDE / uuid4().hex)


def _folder(name: str) -> dict[str, Any]:
    return {"type": "local", "base_path": f"./{name}"}


def _configure(folder: Path, **profiles: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text("{}")
    written = {name: {"storage": storage} for name, storage in profiles.items()}
    (folder / "profiles.yml").write_text(json.dumps({"profiles": written}))
