"""Purging of one document: what memory and prompts have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.errors import FAILED
from ingenious_ops.cli.output import count
from ingenious_ops.erasure.forgetting import in_words
from ingenious_ops.erasure.purged import purged_json
from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage import FileStorage, PurgeReceipt


def tell(
    session: Session,
    what: tuple[str, str],
    purged: PurgeReceipt,
    container: FileStorage,
    *,
    catalogue: dict[str, Any],
    files: Sequence[str] = (),
) -> None:
    """Say what is gone, and until when it could come back.

    Args:
        what: what it was, such as "set", and its name.
        catalogue: what `forget` has done.
        files: where the receipt was written.
    """
    kind, name = what
    of = "" if purged.revisions is None else f"{count(purged.revisions, 'revision')}, "
    keys = f"; destroyed {count(len(purged.keys), 'key')}" if purged.keys else ""
    session.out.done(
        {kind: name, **purged_json(purged), "files": list(files), "catalogue": catalogue},
        f"purged {name}: {of}{count(purged.blobs, 'blob')}, {purged.bytes} bytes{keys}",
    )
    if purged.keys is not None and purged.copies_readable:
        session.out.say("no key was destroyed: copies stay readable for as long as they are kept")
    until, backend = purged.recoverable_until, container.backend
    if until is not None:
        session.out.say(f"the account may bring it back until {timestamp(until, seconds=True)}")
    elif backend.durable and backend.folder is None:
        session.out.say("the account may keep a copy: storage.retention_days does not say how long")


def end_if_kept(session: Session, catalogue: dict[str, Any]) -> None:
    """Say what was done with the catalogue; where it may still have the text, that is a failure."""
    if catalogue["error"] is not None:
        session.out.warn(f"catalogue: {in_words(catalogue)}")
        click.get_current_context().exit(FAILED)
    if catalogue["documents"] or catalogue["snapshots"]:
        session.out.say(f"catalogue: {in_words(catalogue)}")
