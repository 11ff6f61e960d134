"""Shell completion: names that the configured storage has, within a bounded time.

A Tab never shows an error and never hangs: what fails, or takes too long, completes to nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingenious_ops.cli.session import Session

if TYPE_CHECKING:
    import click

    from ingenious_storage import Storage

SECONDS: Final = 2.0
_MOST: Final = 100
"""Names are more than anybody reads; and a listing of millions must end."""


def profiles(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of profiles that begin with `incomplete`."""

    def names(session: Session) -> Iterable[str]:
        return session.configuration.find_profiles().names

    return _within(ctx, names, incomplete)


def conversations(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Ids of conversations that begin with `incomplete`."""

    def names(session: Session) -> Iterable[str]:
        from ingenious_storage.services.memory_info import list_memories  # noqa: PLC0415  # slow to import

        with _opened(session) as storage:
            for each in list_memories(storage.memory, incomplete):
                yield each.conversation_id

    return _within(ctx, names, incomplete)


def frameworks(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Frameworks that adapters have kept something for."""

    def names(session: Session) -> Iterable[str]:
        with _opened(session) as storage:
            yield from storage.agent_frameworks()

    return _within(ctx, names, incomplete)


def sets(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of prompt sets that begin with `incomplete`."""

    def names(session: Session) -> Iterable[str]:
        with _opened(session) as storage:
            yield from storage.prompts.list_sets()

    return _within(ctx, names, incomplete)


def labels(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of labels that begin with `incomplete`."""

    def names(session: Session) -> Iterable[str]:
        from ingenious_storage.services.kinds import LABELS  # noqa: PLC0415  # slow to import

        with _opened(session) as storage:
            yield from map(LABELS.segment, storage.prompts.documents.list(LABELS.root))

    return _within(ctx, names, incomplete)


def refs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Sets, and labels behind an `@`."""
    if incomplete.startswith("@"):
        return [f"@{name}" for name in labels(ctx, param, incomplete[1:])]
    return sets(ctx, param, incomplete)


def _opened(session: Session) -> Storage:
    """The session's storage without its telemetry; a look creates no container."""
    from ingenious_storage import Storage  # noqa: PLC0415  # slow to import

    settings = session.settings
    section = settings.storage.model_copy(update={"auto_create_containers": False})
    return Storage(replace(settings, storage=section))


def _within(
    ctx: click.Context, names: Callable[[Session], Iterable[str]], incomplete: str
) -> list[str]:
    from ingenious_storage import Storage, deadline  # noqa: F401, PLC0415  # slow, and no wait

    found: list[str] = []
    session = ctx.ensure_object(Session)

    def look() -> None:
        try:
            with deadline(SECONDS):
                usable = (name for name in names(session) if name.isprintable())
                matching = (name for name in usable if name.startswith(incomplete))
                found.extend(islice(matching, _MOST))  # one after the other, seen at a time-out
        except BaseException:  # noqa: BLE001, S110  # at a Tab there is nobody to tell
            pass

    worker = threading.Thread(target=look, daemon=True)
    with redirect_stderr(StringIO()):
        worker.start()
        worker.join(SECONDS)
    return list(found)
