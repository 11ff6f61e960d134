"""`--layout ingenious`: the files of the Ingenious framework become memories and prompt sets."""

from __future__ import annotations

from collections.abc import Sequence

from ingenious_ops.migrate.ends.base import Component, Ends, Source
from ingenious_ops.migrate.errors import LocationError
from ingenious_ops.migrate.layout.documents import DocumentsTarget
from ingenious_ops.migrate.layout.source import LayoutSource
from ingenious_storage import Storage
from ingenious_storage.config import Role

_ROLES: dict[Component, Role] = {"memory": "data", "prompts": "revisions"}


def open_layout(
    sources: Sequence[Source], storage: Storage, role: Role, *, only: Component | None
) -> Ends:
    """The units of `sources`, and the documents of `storage`, as the two ends of a migration.

    Memories go to the container `data`, prompt sets to `revisions`. So `role`, the container that
    `--to` names, says which storage it is, and has to agree with `only`. Raises: LocationError.
    """
    if only is not None and role != _ROLES[only]:
        raise LocationError(
            f"{only} is kept in the container {_ROLES[only]!r}, not in {role!r}",
            hint=f"Write {_ROLES[only]} at the end of --to.",
        )
    components: tuple[Component, ...] = ("memory", "prompts") if only is None else (only,)
    target = DocumentsTarget(storage, components)
    units = LayoutSource(
        sources,
        components,
        max_bytes=storage.settings.storage.max_document_bytes,
        apart=target.base,
        memories=storage.memory.kind,
    )
    target.limit_to(lambda: units.found)
    return Ends(units, target, "ingenious" if only is None else f"ingenious/{only}")
