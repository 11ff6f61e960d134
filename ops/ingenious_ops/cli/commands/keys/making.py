"""Commands that make keys, or wrap them anew."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli.commands.keys.containers import (
    container_option,
    end_if_refused,
    refusals,
)
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.session import pass_session
from ingenious_storage.services.by_container import attempted

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import Role

_FILE: Final = (
    "Back up {file} where the data is not: without it nobody can read the data, and with both "
    "anybody can."
)
_VAULT: Final = (
    "Protect {place} from being deleted (soft delete and purge protection): without it nobody can "
    "read the data."
)
_RECORDS: Final = (
    "The records under keys/ belong to the containers: back them up with the data, and keep copies "
    "of keys/documents/ no longer than what is erased may come back."
)


@click.command(cls=Command)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The key file to make, where the configuration does not name one yet.",
)
@container_option
@pass_session
def init(session: Session, key_file: Path | None, container: Role | None) -> None:
    """Make the first keys of both containers.

    With a key file as the provider also that file, if it is missing. What is there stays as it
    is, so that the command may run again.
    """
    configured = key_file is None or not _choose(session, key_file)
    found = attempted(session.storage.keys.init, container)
    each = next(iter(found.done.values()))
    made = {role: keys for one in found.done.values() for role, keys in one.containers.items()}
    file_made = any(one.key_file_made for one in found.done.values())
    files = session.storage.settings.storage
    file = files.encryption.key_file
    advice = [
        _VAULT.format(place=each.place) if file is None else _FILE.format(file=file),
        _RECORDS,
    ]
    record = {
        "provider": each.provider,
        "place": each.place,
        "key_file_made": file_made,
        "containers": [
            {"role": role, "container": files.container(role), **asdict(keys)}
            for role, keys in made.items()
        ],
        "back_up": advice,
        "refused": refusals(found.refused),
    }
    rows = [(role, keys.master, "made" if keys.made else "exists") for role, keys in made.items()]
    session.out.answer(record, lambda: table(("container", "master key", "status"), rows))
    if file_made:
        session.out.say(f"made {file}")
    for line in advice:
        session.out.say(line)
    if not configured:
        session.out.say(
            "Now write it into the profile, under storage.encryption: "
            f"provider: key_file, key_file: {file}"
        )
    end_if_refused(session, found.refused)


def _choose(session: Session, key_file: Path) -> bool:
    """Take the file as the provider; False where it is the configured one already.

    Raises: UsageError when the configuration says something else.
    """
    encryption = session.settings.storage.encryption
    if encryption.provider is None:
        session.settings = session.configuration.settings(
            {
                "storage.encryption.provider": "key_file",
                "storage.encryption.key_file": str(key_file.absolute()),
            }
        )
        return True
    configured = encryption.key_file
    if configured is None or configured.absolute() != key_file.absolute():
        what = f"the key file {configured}" if configured else f"keys by {encryption.provider}"
        raise click.UsageError(f"the configuration has {what}: leave --key-file out")
    return False


@click.command(cls=Command)
@click.option("--key-file", is_flag=True, help="Add a version to the key file instead.")
@container_option
@pass_session
def rotate(session: Session, container: Role | None, *, key_file: bool) -> None:
    """Make a new master key for new documents.

    Older documents keep the master key that they have. A running process takes the new one within
    five minutes. With --key-file the file gets a new version, as a vault gets one by its own
    means; then `keys rewrap` wraps the master keys by it.
    """
    keys = session.storage.keys
    if key_file and container:
        raise click.UsageError("--container does not go with --key-file: both use the file")
    if key_file:
        version = keys.rotate_key_file().key_id
        session.out.done(
            {"vault_key": version, "containers": [], "refused": []},
            f"new master keys are wrapped by {version}: back the file up, then run `keys rewrap`",
        )
        return
    found = attempted(lambda role: keys.rotate(role)[role], container)
    record = {
        "vault_key": None,
        "containers": [{"role": role, "master": name} for role, name in found.done.items()],
        "refused": refusals(found.refused),
    }
    session.out.answer(record, lambda: table(("container", "master key"), found.done.items()))
    session.out.say("new documents use them; a running process takes them within five minutes")
    end_if_refused(session, found.refused)


@click.command(cls=Command)
@container_option
@pass_session
def rewrap(session: Session, container: Role | None) -> None:
    """Wrap the master keys by the vault key's newest version.

    After a rotation in the vault: a handful of records is written, however many documents there
    are. Then the vault's older versions may be disabled.
    """
    found = attempted(lambda role: session.storage.keys.rewrap(role)[role], container)
    done = found.done
    record = {
        "containers": [{"role": role, **asdict(each)} for role, each in done.items()],
        "refused": refusals(found.refused),
    }
    rows = [(role, each.masters, each.rewrapped, each.wrapped_by) for role, each in done.items()]
    headers = ("container", "master keys", "rewrapped", "wrapped by")
    session.out.answer(record, lambda: table(headers, rows))
    total = sum(each.rewrapped for each in done.values())
    session.out.say(f"wrapped {count(total, 'master key')} anew")
    if total and not found.refused and session.settings.storage.encryption.key_file is None:
        session.out.say(
            "older versions of the vault key may be disabled now; copies of the container that are "
            "older need them"
        )
    end_if_refused(session, found.refused)
