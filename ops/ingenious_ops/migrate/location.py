"""Locations: what `--from` and `--to` mean, and the ends that they open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal

from ingenious_ops.configuration import Configuration
from ingenious_ops.migrate.ends.base import Component, Ends
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.errors import LocationError
from ingenious_ops.migrate.limits import Limits, limited_backend
from ingenious_storage import Storage
from ingenious_storage.config import ROLES, Role

Layout = Literal["raw", "ingenious"]

_FOLDER: Final = re.compile(r"\.{1,2}$|(?:\.{0,2}|[A-Za-z]:)[/\\]")
_CONTAINER: Final = re.compile(r"(?:(?P<profile>.+):)?(?P<role>data|revisions)")


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder of this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class ContainerPlace:
    """A container of `profile`, None for the one that is active."""

    profile: str | None
    role: Role


Place = FolderPlace | ContainerPlace


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, before anything is opened."""

    source: Place
    target: Place
    layout: Layout = "raw"
    only: Component | None = None
    follow_links: bool = False
    limits: Limits = field(default_factory=Limits)
    """Of each container's traffic."""


def parse_place(text: str) -> Place:
    """Raises: LocationError."""
    if _FOLDER.match(text):
        return FolderPlace(Path(text))
    match = _CONTAINER.fullmatch(text)
    if match is None:
        raise LocationError(f"{text!r} is neither a folder nor a container")
    return ContainerPlace(match["profile"], "data" if match["role"] == "data" else "revisions")


@contextmanager
def open_ends(request: Request, configuration: Configuration) -> Iterator[Ends]:
    """Both ends while the block runs. Raises: LocationError, ConfigurationError, NotFoundError."""
    with ExitStack() as opened:
        storages = _Storages(configuration, request.limits, opened)
        ends = _ends(request, storages)
        opened.callback(ends.source.close)
        opened.callback(ends.target.close)
        check_apart(ends)
        yield ends


def check_apart(ends: Ends) -> None:
    """Refuse a copy onto itself. Raises: LocationError."""
    source, target = ends.source, ends.target
    if source.describe() == target.describe():
        raise LocationError(
            f"the source and the target are the same: {source.describe()}",
            hint="Choose another target.",
        )
    if source.folder is None or target.folder is None:
        return
    inner, outer = target.folder, source.folder
    problem = "the target lies inside the source"
    if outer.is_relative_to(inner):
        inner, outer, problem = outer, inner, "the source lies inside the target"
    if inner == outer:
        problem = "the source and the target are the same folder"
    if inner.is_relative_to(outer):
        raise LocationError(
            f"{problem}: {inner} in {outer}" if inner != outer else f"{problem}: {inner}",
            hint="A copy would find its own files: choose another target.",
        )


@dataclass
class _Storages:
    """The storage of each profile, opened once."""

    configuration: Configuration
    limits: Limits
    opened: ExitStack
    found: dict[str | None, Storage] = field(default_factory=dict)

    def of(self, place: ContainerPlace) -> Storage:
        name = place.profile or self.configuration.profile
        if name not in self.found:
            settings = self.configuration.of(name).settings()
            storage = Storage(settings, backend=partial(limited_backend, limits=self.limits))
            self.found[name] = self.opened.enter_context(storage)
        return self.found[name]


def _ends(request: Request, storages: _Storages) -> Ends:
    source = _end(request.source, request, storages)
    if request.layout == "raw":
        if request.only is not None:
            raise LocationError(
                f"--only {request.only} needs a layout that knows components",
                hint="Add --layout ingenious.",
            )
        for place in (request.source, request.target):
            _require_names(place, storages)
        return Ends(source, _end(request.target, request, storages))
    from ingenious_ops.migrate.layout import open_layout  # noqa: PLC0415  # heavier than a copy

    if isinstance(request.target, FolderPlace):
        raise LocationError(
            "memory and prompts are written to a storage, not to a folder",
            hint="Make a profile of type local for that folder, and name it: --to PROFILE:data.",
        )
    storage, sources = storages.of(request.target), [source]
    if isinstance(request.source, ContainerPlace) and request.only is None:
        # The framework's memories and prompts are in two: one of them names both, as in --to.
        sources = [ContainerEnd(storages.of(request.source), role) for role in ROLES]
    return open_layout(sources, storage, request.target.role, only=request.only)


def _require_names(place: Place, storages: _Storages) -> None:
    if isinstance(place, FolderPlace) or place.role != "data":
        return
    if not storages.of(place).memory.kind.shows_names:
        raise LocationError(
            "this container hides the ids of its conversations: the names of their blobs mean "
            "nothing anywhere else",
            hint="`ingenious-storage memory export DIR`, and `ingenious-storage memory import DIR` "
            "where they go.",
        )


def _end(place: Place, request: Request, storages: _Storages) -> FolderEnd | ContainerEnd:
    if isinstance(place, FolderPlace):
        return FolderEnd(place.path, follow_links=request.follow_links)
    return ContainerEnd(storages.of(place), place.role)
