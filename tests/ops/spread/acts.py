"""The commands that can be spread, each as what it finds, in plain values to compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingenious_ops.spread.spreading import Spread
from ingenious_ops.transfer.conversations import Export
from ingenious_ops.transfer.prompt_exports import SetRevision, load_sets
from ingenious_storage import Storage
from ingenious_storage.catalogue import KINDS
from ingenious_storage.catalogue.index import Index
from tests.ops.spread.place import Place

Act = Callable[[Place, Storage, Spread | None], Any]


def verified(_place: Place, storage: Storage, spread: Spread | None) -> Any:
    return storage.verify(spread=None if spread is None else spread.verify)


def rebuilt(_place: Place, storage: Storage, spread: Spread | None) -> Any:
    report = storage.catalogue.rebuild(spread=None if spread is None else spread.read)
    index = Index(storage.catalogue.path)
    # An ETag of a file tells its inode, which a copy has not.
    rows = [[replace(row, etag="") for row in index.rows(kind)] for kind in KINDS]
    index.close()
    return report, rows


def exported(place: Place, storage: Storage, spread: Spread | None) -> Any:
    folder = place.folder / "exported"
    names = [*storage.memory.list_conversations(), "unknown"]
    export = Export(storage.memory, folder, "auto")
    made = (
        export.run(names) if spread is None else export.write(spread.conversations(names, "auto"))
    )
    outcomes = [
        (each.status, each.conversation, _relative(each.path, folder), _code(each.error))
        for each in made
    ]
    return outcomes, files(folder)


def exported_sets(_place: Place, storage: Storage, spread: Spread | None) -> Any:
    wanted = [SetRevision(name) for name in (*storage.prompts.list_sets(), "unknown")]
    found = load_sets(storage.prompts, wanted) if spread is None else spread.sets(wanted)
    return [(each.wanted, each.prompts, _code(each.error)) for each in found]


def encrypted(_place: Place, storage: Storage, spread: Spread | None) -> Any:
    told: list[Any] = []
    elsewhere = None
    if spread is not None:
        elsewhere = spread.encrypt(compress=False, dry_run=False, workers=None)
    reports = storage.keys.encrypt(on_progress=told.append, spread=elsewhere)
    sealed = {
        container.name: {name: data[:4] for name, data in files(container).items()}
        for container in (_place.folder / "data").iterdir()
        if container.is_dir()  # the mark of a run is none
    }
    readable = {key: storage.data.load_bytes(key) for key in storage.data.list_keys()}
    problems = {role: report.problems for role, report in storage.keys.verify().items()}
    return reports, told, _without_records(sealed), readable, problems


ACTS: dict[str, Act] = {
    act.__name__: act for act in (verified, rebuilt, exported, exported_sets, encrypted)
}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _relative(path: Path | None, folder: Path) -> str | None:
    return None if path is None else path.relative_to(folder).as_posix()


def _code(error: Exception | None) -> str:
    return str(getattr(error, "code", error))


def _without_records(sealed: dict[str, dict[str, bytes]]) -> dict[str, dict[str, bytes]]:
    """Without those of keys, whose names are random, and locks."""
    return {
        name: {key: begin for key, begin in found.items() if not key.startswith(("keys", ".locks"))}
        for name, found in sealed.items()
    }
