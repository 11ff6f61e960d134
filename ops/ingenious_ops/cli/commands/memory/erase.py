"""Commands that erase whole memories: they ask first, and give a receipt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.erasing.purging import end_if_kept, tell
from ingenious_ops.cli.errors import FAILED
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.inputs import read_text
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress, telling_if_interrupted
from ingenious_ops.cli.parameters import (
    confirm,
    dry_run_option,
    duration,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session
from ingenious_ops.erasure import receipt as receipts
from ingenious_ops.erasure import targets
from ingenious_ops.erasure.forgetting import forget
from ingenious_ops.erasure.journal import Journal
from ingenious_ops.erasure.one import purge_one
from ingenious_ops.erasure.run import erase as erase_all
from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from ingenious_ops.cli.session import Session
    from ingenious_ops.erasure.targets import Target

    F = TypeVar("F")

_receipt_option = click.option(
    "--receipt",
    "path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Write a receipt: PATH.json, and PATH.md for people.",
)


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@_receipt_option
@yes_option
@pass_session
def purge(session: Session, conversation: str, path: Path | None, *, yes: bool) -> None:
    """Erase a memory with its whole history, for good.

    The receipt says what is gone, which keys were destroyed, and until when the account could
    still bring it back.
    """
    require_yes_without_terminal(yes=yes)
    if path is not None:
        receipts.check_free(path)
    confirm(f"Erase the memory of {conversation!r} with its whole history, for good?", yes=yes)
    what = "conversation", conversation
    if path is None:
        purged = session.memory.purge_memory(conversation)
        told = forget(session.storage, "memory", [conversation])
        tell(session, what, purged, session.storage.data, catalogue=told)
        end_if_kept(session, told)
        return
    purged, content, written = purge_one(session.storage, conversation, path)
    files = [str(each) for each in written]
    told = content["catalogue"]
    tell(session, what, purged, session.storage.data, catalogue=told, files=files)
    _say_where(session, files, content)
    end_if_kept(session, told)


@click.command(cls=Command)
@click.option(
    "--older-than",
    type=duration,
    metavar="AGE",
    help="Those that nobody has changed for so long: 12h, 30d, 52w.",
)
@click.option("--ids", metavar="FILE", help="Those of a file with one id a line, or of - (stdin).")
@_receipt_option
@dry_run_option
@yes_option
@pass_session
def erase(
    session: Session,
    older_than: timedelta | None,
    ids: str | None,
    path: Path | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Erase many memories, and write a receipt.

    Each is purged with its whole history, deleted ones too. The age is that of the newest record,
    by the clock of the store. With --receipt an erasure that was interrupted goes on when the same
    command is run again, and its receipt has all of it.
    """
    if (older_than is None) == (ids is None):
        raise click.UsageError("give --older-than or --ids")
    if not dry_run:
        require_yes_without_terminal(yes=yes)
    if path is not None and not dry_run:
        receipts.check_free(path)
    chosen, selection = _chosen(session, older_than, ids)
    if dry_run:
        _would(session, chosen if ids is None else targets.looked_up(session.memory, chosen))
        return
    _go(session, chosen, selection, path, yes=yes)


def _go(
    session: Session, chosen: Sequence[Target], selection: str, path: Path | None, *, yes: bool
) -> None:
    partial = None if path is None else receipts.paths_of(path)[2]
    with Journal(partial, receipts.place_of(session.storage)) as journal:
        wanted = targets.merged(chosen, journal.begun.values())
        if journal.done:
            session.out.say(f"goes on from {partial}: {_memories(len(journal.done))} done")
        waiting = [each for each in wanted if each.key not in journal.done]
        going = sum(not each.leftover for each in waiting)
        if going:
            confirm(f"Erase {_memories(going)} with their whole history, for good?", yes=yes)
        _erase(session, waiting, journal, path, selection)


def _chosen(
    session: Session, older_than: timedelta | None, ids: str | None
) -> tuple[list[Target], str]:
    """Which ones, and what chose them."""
    if ids is not None:
        return targets.by_ids(session.memory, read_text(ids)), "a list of ids"
    assert older_than is not None
    with progress(session.out, "looking for old memories"):
        return targets.older_than(session.memory, older_than), f"not changed for {older_than}"


def _erase(
    session: Session, wanted: Sequence[Target], journal: Journal, path: Path | None, selection: str
) -> None:
    memory, files = session.memory, list[str]()
    began, done = memory.documents.files.now(), 0
    with progress(session.out, "erasing", len(wanted)) as bar:

        def on_progress(step: int) -> None:
            nonlocal done
            done += step
            bar(step)

        with telling_if_interrupted(session.out, "erasing", lambda: done, len(wanted)):
            entries = erase_all(memory, wanted, journal, on_progress=on_progress)
    ended = memory.documents.files.now()
    gone = (each["key"] for each in entries if each["status"] in {"erased", "gone"})
    content = receipts.made(
        session.storage,
        entries,
        selection=selection,
        started_at=began,
        ended_at=ended,
        catalogue=forget(session.storage, "memory", keys=gone),
    )
    if path is not None:
        files = [str(each) for each in receipts.save(content, path)]
        journal.complete()
    session.out.answer(
        {"dry_run": False, "files": files, **_short(content)}, lambda: _show(content)
    )
    _say(session, content, files)
    end_if_kept(session, content["catalogue"])
    if content["counts"]["failed"]:
        click.get_current_context().exit(FAILED)


def _would(session: Session, chosen: Sequence[Target]) -> None:
    entries = [
        {
            "id": each.id,
            "key": each.key,
            "status": _status(each),
            "changed": None if each.changed is None else timestamp(each.changed),
        }
        for each in chosen
    ]
    statuses = [entry["status"] for entry in entries]
    content = {
        "counts": {name: statuses.count(name) for name in ("would_erase", "leftover", "gone")},
        "documents": entries,
        **dict.fromkeys(("revisions", "blobs", "bytes", "keys"), None),
        **dict.fromkeys(("recoverable_until", "sha256", "catalogue"), None),
        "encrypted": session.settings.storage.encryption.is_on,
    }
    session.out.answer(
        {"dry_run": True, "files": [], **content},
        lambda: table(
            ("what", "conversation", "key", "changed"),
            [(e["status"], e["id"] or "", e["key"], e["changed"] or "") for e in entries],
        ),
    )
    session.out.say(f"would erase {_memories(statuses.count('would_erase'))}")
    if "leftover" in statuses:
        left = statuses.count("leftover")
        session.out.say(f"{left} erased before: what a purge that was killed left of them would go")
    if "gone" in statuses:
        session.out.say(f"{statuses.count('gone')} not there")


def _status(target: Target) -> str:
    if target.missing:
        return "gone"
    return "leftover" if target.leftover else "would_erase"


def _short(content: dict[str, Any]) -> dict[str, Any]:
    names = ("counts", "documents", "revisions", "blobs", "bytes", "keys", "catalogue")
    return {name: content[name] for name in (*names, "recoverable_until", "sha256", "encrypted")}


def _show(content: dict[str, Any]) -> None:
    rows = [
        (entry["status"], entry["id"] or entry["key"], entry["detail"] or "")
        for entry in content["documents"]
        if entry["status"] != "erased"
    ]
    table(("what", "conversation", "why"), rows)


def _say_where(session: Session, files: Sequence[str], content: dict[str, Any]) -> None:
    session.out.say(f"wrote {' and '.join(files)}; its SHA-256 is {content['sha256']}")


def _say(session: Session, content: dict[str, Any], files: Sequence[str]) -> None:
    counts, until = content["counts"], content["recoverable_until"]
    session.out.say(
        f"erased {_memories(counts['erased'])}: {count(content['revisions'], 'revision')}, "
        f"{count(content['blobs'], 'blob')}, {content['bytes']} bytes; "
        f"destroyed {count(content['keys'], 'key')}"
    )
    if any(counts[status] for status in ("gone", "kept", "failed")):
        session.out.say(
            f"{counts['gone']} not there, {counts['kept']} changed meanwhile and kept, "
            f"{counts['failed']} failed"
        )
    if until is not None:
        session.out.say(f"the account may bring them back until {until}")
    if files:
        _say_where(session, files, content)
    if counts["erased"] and not content["encrypted"]:
        session.out.warn("nothing was encrypted: copies that were made before stay readable")


def _memories(number: int) -> str:
    return f"{number} memory" if number == 1 else f"{number} memories"
