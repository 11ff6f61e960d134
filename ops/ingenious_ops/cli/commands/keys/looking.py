"""Commands that look at keys and change nothing."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.commands.keys.containers import (
    container_option,
    end_if_refused,
    refusals,
)
from ingenious_ops.cli.errors import FAILED, WARNINGS
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress
from ingenious_ops.cli.session import pass_session
from ingenious_ops.times import timestamp
from ingenious_storage.services.by_container import attempted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import Role
    from ingenious_storage.services.keys import KeysStatus, KeysVerified, MasterKeyInfo

_MASTERS: Final = ("container", "master key", "created", "age in days", "used by", "wrapped by")
_PROBLEMS: Final = ("container", "key", "code", "problem")


@click.command(cls=Command)
@click.option(
    "--count", "counts", is_flag=True, help="Count the documents of each master key: reads all."
)
@container_option
@pass_session
def status(session: Session, container: Role | None, *, counts: bool) -> None:
    """Say which keys there are, and what wraps them."""
    keys_of = session.storage.keys
    with progress(session.out, "reading keys"):
        asked = attempted(lambda role: keys_of.status(role, count=counts), container)
    found = _together(asked.done.values())
    record = {**_status_json(session, found), "refused": refusals(asked.refused)}
    session.out.answer(record, lambda: table(_MASTERS, _rows(found)))
    key = found.key
    session.out.say(f"{found.provider}: {key.key_id}, {'enabled' if key.enabled else 'DISABLED'}")
    for role, keys in found.containers.items():
        if not keys.masters:
            session.out.say(f"{role} has no keys yet: `keys init` makes them, or the first write")
        for master in keys.masters:
            if master.refused is not None:
                session.out.warn(f"{role}: {master.id} does not open: {master.refused}")
        if any(not master.is_newest and master.refused is None for master in keys.masters):
            session.out.warn(f"{role} has master keys of an older version: `keys rewrap`")
    end_if_refused(session, asked.refused)


def _together(found: Iterable[KeysStatus]) -> KeysStatus:
    first, *others = found
    containers = {**first.containers}
    for other in others:
        containers.update(other.containers)
    return replace(first, containers=containers)


def _rows(found: KeysStatus) -> Iterator[tuple[object, ...]]:
    for role, keys in found.containers.items():
        for master in keys.masters:
            used = [] if master.documents is None else [count(master.documents, "document")]
            if master.is_current:
                used.append("new documents")
            yield (
                role,
                master.id,
                timestamp(master.created_at, seconds=True),
                _days(master.created_at),
                ", ".join(used),
                master.wrapped_by + _note(master),
            )


def _note(master: MasterKeyInfo) -> str:
    if master.refused is not None:
        return " (does not open)"
    return "" if master.is_newest else " (older)"


def _days(moment: datetime) -> int:
    return (datetime.now(UTC) - moment).days


def _status_json(session: Session, found: KeysStatus) -> dict[str, Any]:
    key, settings = found.key, session.storage.settings.storage
    return {
        "provider": found.provider,
        "place": found.place,
        "vault_key": {
            **asdict(key),
            "created_at": None if key.created_at is None else timestamp(key.created_at),
            "expires_at": None if key.expires_at is None else timestamp(key.expires_at),
        },
        "containers": [
            {
                "role": role,
                "container": settings.container(role),
                "container_key": keys.container_key,
                "documents": keys.documents,
                "masters": [
                    {**asdict(master), "created_at": timestamp(master.created_at)}
                    for master in keys.masters
                ],
            }
            for role, keys in found.containers.items()
        ],
    }


@click.command(cls=Command)
@click.option("--strict", is_flag=True, help="Strays are a failure too (exit code 5).")
@container_option
@pass_session
def verify(session: Session, container: Role | None, *, strict: bool) -> None:
    """Check every record of a key, and the key of every blob.

    Of a blob the first bytes are read, which name its key; `ingenious-storage verify` reads all of
    every document. Problems fail with exit code 1. Strays are records of keys without a document.
    """
    with progress(session.out, "verifying") as advance:
        asked = attempted(
            lambda role: session.storage.keys.verify(role, on_progress=advance)[role], container
        )
    found = asked.done
    problems = [
        (role, problem.key, problem.code, problem.message)
        for role, report in found.items()
        for problem in report.problems
    ]
    strays = [(role, key) for role, report in found.items() for key in report.strays]
    record = {
        "containers": [{"role": role, **asdict(report)} for role, report in found.items()],
        "problems": len(problems),
        "strays": len(strays),
        "refused": refusals(asked.refused),
    }
    session.out.answer(record, lambda: table(_PROBLEMS, problems))
    for role, key in strays:
        session.out.warn(f"stray in {role}: {key}")
    session.out.say(
        f"{_checked(found.values())}: {count(len(problems), 'problem')}, "
        f"{count(len(strays), 'stray')}"
    )
    if not problems:
        end_if_refused(session, asked.refused)
    if problems or (strays and strict):
        click.get_current_context().exit(FAILED if problems else WARNINGS)


def _checked(reports: Collection[KeysVerified]) -> str:
    documents = sum(report.documents for report in reports)
    blobs = sum(report.blobs for report in reports)
    return f"{count(documents, 'document key')}, {count(blobs, 'blob')} checked"
