"""Proof that the new storage is complete, before an application is sent to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ingenious_ops.migrate import journal, report
from ingenious_ops.migrate.ends.base import OWN
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.names import shown
from ingenious_ops.migrate.errors import UnverifiedError
from ingenious_ops.migrate.journal import Identity
from ingenious_storage import FileStorage, Storage
from ingenious_storage.config import ROLES, Role
from ingenious_storage.errors import ConfigurationError, ContainerNotFoundError

_LEADS: Final[dict[Role, str]] = {"data": "memory in ", "revisions": "prompts in "}
"""How the layout calls its target, container by container."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A verification report that passed."""

    path: Path
    source: str
    target: str
    layout: str
    sha256: str
    started_at: datetime

    @property
    def sources(self) -> set[str]:
        """The containers, or the folder, that it was copied from."""
        pair = re.fullmatch(r"data in (.+), revisions in (.+)", self.source)
        return {self.source} if pair is None or self.layout == "raw" else set(pair.groups())

    @property
    def targets(self) -> set[str]:
        """The containers that it is about."""
        names = self.target.split(", ") if self.layout.startswith("ingenious") else [self.target]
        return {name.partition(" in ")[2] or name for name in names}


def require_answers(storage: Storage) -> None:
    """Raises: ContainerNotFoundError, and what the store answers."""
    settings = storage.settings.storage
    for role in ROLES:
        if not files_of(storage, role).container_exists() and not settings.auto_create_containers:
            name = settings.container_data if role == "data" else settings.container_revisions
            raise ContainerNotFoundError(f"the container {name!r} does not exist")


def require_another(old: Storage, new: Storage) -> None:
    """Raises: ConfigurationError when both are the same containers."""
    places = {tuple(ContainerEnd(each, role).describe() for role in ROLES) for each in (old, new)}
    if len(places) == 1:
        raise ConfigurationError(
            f"both profiles lead to the same storage: {', '.join(places.pop())}",
            hint="A variable goes before a profile: look at `config show --explain`.",
        )


def require_proof(old: Storage, new: Storage, given: Sequence[Path]) -> list[Proof]:
    """The reports that show that `new` holds what `old` does.

    Each container of `old` that holds anything needs a report of its own, from there to the same
    container of `new`; where `old` holds nothing, as when the application kept plain files, any
    report about `new` will do.

    Args:
        given: the reports; none for those beside the journals in the working directory.

    Raises: UnverifiedError; NotFoundError and ReportError for a file that was given.
    """
    found = [_read(path) for path in given or _usual()]
    targets = {role: ContainerEnd(new, role).describe() for role in ROLES}
    sources = {role: ContainerEnd(old, role).describe() for role in ROLES}
    needed = {
        role: source
        for role, source in sources.items()
        if source != targets[role] and _holds_something(files_of(old, role))
    }
    if not needed:
        return _about(found, targets.values())
    used = [_pick(found, source, shown(targets[role])) for role, source in needed.items()]
    return list(dict.fromkeys(map(_fresh, used)))


def _about(found: _Found, targets: Collection[str]) -> list[Proof]:
    """The reports about any of `targets`, whatever they were copied from."""
    about = [proof for proof, _ in found if proof.targets & set(map(shown, targets))]
    if not about:
        raise _nothing(found, f"about {' or '.join(targets)}")
    return list(dict.fromkeys(_fresh(_require_passed(found, proof)) for proof in about))


_Found = Sequence[tuple[Proof, bool]]
"""Each report, and whether it passed."""


def _pick(found: _Found, source: str, target: str) -> Proof:
    matching = [p for p, _ in found if shown(source) in p.sources and target in p.targets]
    if not matching:
        raise _nothing(found, f"from {source} to {target}")
    return _require_passed(found, max(matching, key=lambda proof: proof.started_at))


def _require_passed(found: _Found, proof: Proof) -> Proof:
    if not dict(found)[proof]:
        raise UnverifiedError(
            f"the verification in {proof.path} did not pass",
            hint="Its Markdown lists the differences: `migrate run` again, then `migrate verify`.",
        )
    return proof


def _fresh(proof: Proof) -> Proof:
    """Raises: UnverifiedError when something was copied after the report was begun."""
    path = Identity(proof.source, proof.target, proof.layout).default_path
    beside = proof.path.with_name(path.name)
    record = journal.load(beside if beside.exists() else path)
    if record is not None and datetime.fromisoformat(record.last_at) > proof.started_at:
        raise UnverifiedError(
            f"{proof.path} is older than the last copy: "
            f"it was begun at {proof.started_at.isoformat()}, the copy was at {record.last_at}"
        )
    return proof


def _nothing(found: _Found, what: str) -> UnverifiedError:
    others = "; ".join(f"{p.path} is from {p.source} to {p.target}" for p, _ in found)
    return UnverifiedError(
        f"there is no verification report {what}" + (f" ({others})" if others else "")
    )


def _usual() -> Iterable[Path]:
    return sorted(Path(OWN).glob("*.verification.json"))


def _read(path: Path) -> tuple[Proof, bool]:
    content: dict[str, Any] = report.load(path)
    proof = Proof(
        path,
        content["source"]["place"],
        content["target"]["place"],
        content["layout"],
        content["sha256"],
        datetime.fromisoformat(content["started_at"]),
    )
    return proof, bool(content["passed"])


def _holds_something(files: FileStorage) -> bool:
    return files.container_exists() and any(True for _ in files.list_blobs())


def files_of(storage: Storage, role: Role) -> FileStorage:
    """The container of a role."""
    return storage.containers.files(role)
