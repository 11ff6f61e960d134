"""Options that the commands of a migration share, and the ends that they open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ingenious_ops.cli.output import count
from ingenious_ops.cli.session import Session
from ingenious_ops.migrate.ends.base import OWN, Component, End, Ends
from ingenious_ops.migrate.errors import LocationError
from ingenious_ops.migrate.journal import Identity
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.location import Layout, Request, open_ends, parse_place
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import WORKERS

F = TypeVar("F", bound=Callable[..., Any])
_SIZE: Final = re.compile(r"(\d{1,12})\s*([kMGT]?)(i?)B?", re.IGNORECASE)
_POWERS: Final = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}

JOURNAL: Final = click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What is done already. [default: .ingenious/migrate-ID.jsonl]",
)
_ENDS: Final = (
    click.option("--from", "source", metavar="SRC", required=True, help="What is copied."),
    click.option("--to", "target", metavar="DST", required=True, help="Where it goes."),
    click.option(
        "--layout",
        type=click.Choice(["raw", "ingenious"]),
        default="raw",
        show_default=True,
        help="ingenious: the framework's files become memory and prompts.",
    ),
    click.option(
        "--only",
        type=click.Choice(["memory", "prompts"]),
        help="One component of the layout.",
    ),
    click.option("--follow-links", is_flag=True, help="Copy what links in a folder lead to."),
)


def size(value: str | int) -> int:
    """The type of options such as 500kB, 10MB, 1GiB: bytes."""
    if isinstance(value, int):
        return value
    match = _SIZE.fullmatch(value)
    number = (
        int(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2].upper()] if match else 0
    )
    if not number:
        raise click.BadParameter(f"{value!r} is not a size such as 500kB, 10MB or 1GiB")
    return number


_SPEED: Final = (
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=WORKERS,
        show_default=True,
        metavar="N",
        help="Objects at once.",
    ),
    click.option(
        "--max-bandwidth",
        type=size,
        metavar="SIZE",
        help="Bytes a second to or from each container: 500kB, 10MB.",
    ),
    click.option(
        "--max-requests",
        type=click.FloatRange(min=0, min_open=True),
        metavar="N",
        help="Requests a second to each container.",
    ),
)


def ends_options(command: F) -> F:
    """Everything that `opened` takes."""
    for decorate in reversed((*_ENDS, *_SPEED)):
        command = decorate(command)
    return command


def requested(
    *,
    source: str,
    target: str,
    layout: Layout,
    only: Component | None,
    follow_links: bool,
    max_bandwidth: int | None,
    max_requests: float | None,
) -> Request:
    """What the options ask for. Raises: UsageError for what names no place."""
    limits = Limits(max_bandwidth, max_requests)
    with _as_usage():
        return Request(parse_place(source), parse_place(target), layout, only, follow_links, limits)


@contextmanager
def opened(session: Session, request: Request) -> Iterator[Ends]:
    """Both ends. Raises: UsageError for what cannot be a migration."""
    with _as_usage(), open_ends(request, session.configuration) as ends:
        session.start_telemetry()
        session.out.detail(f"from {ends.source.describe()} to {ends.target.describe()}")
        yield ends


@contextmanager
def _as_usage() -> Iterator[None]:
    try:
        yield
    except LocationError as error:
        raise click.UsageError(f"{error.message}. {error.hint}") from error


def expected(obstacle: StorageError | None, lost: Mapping[str, int]) -> Iterator[str]:
    """Lines on what can be known of the target before anything is copied."""
    if obstacle is not None:
        yield f"the target: {obstacle.message}. {obstacle.hint}"
    for name, number in lost.items():
        yield f"the target cannot keep {name}: {count(number, 'object')} would lose it"


def journal_path(given: Path | None, ends: Ends) -> Path:
    """Raises: LocationError when it would become a part of what is copied."""
    path = Identity.of(ends).default_path if given is None else given
    check_outside(path, ends)
    return path


def check_outside(path: Path, ends: Ends) -> None:
    """Raises: LocationError for a file of ours inside a folder that is copied or compared."""
    for end in (ends.source, ends.target):
        if end.folder is not None and _is_inside(path, end):
            raise LocationError(f"{path} lies inside {end.folder}", hint="Put it elsewhere.")


def _is_inside(path: Path, end: End) -> bool:
    assert end.folder is not None
    place = path.resolve()
    return place.is_relative_to(end.folder) and not place.is_relative_to(end.folder / OWN)
