"""Steps with the storage as a whole: fill it, check it, look into it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ingenious_ops.demo.scene import AUTHOR, Scene
from ingenious_ops.transfer.conversation_files import find
from ingenious_ops.transfer.conversations import Import
from ingenious_ops.transfer.prompt_folders import find_sets
from ingenious_storage import FileStorage

_KINDS: Final = {
    "conversations": "memories, recent history",
    "prompts": "prompt sets, recent history",
    "labels": "labels",
    "history": "older history, packed",
}


def bring_in(scene: Scene) -> None:
    """Import prompts and memories from the workspace."""
    scene.stage.section(
        "Bring in a workspace",
        "Prompts in two revisions, Markdown memories and JSON conversations, in the folders of "
        "the Ingenious framework.",
    )
    scene.stage.command(f"ingenious-storage prompts import {scene.workspace.as_posix()}")
    scene.stage.command(f"ingenious-storage memory import {scene.workspace.as_posix()}")
    rows: list[tuple[object, ...]] = []
    for name, folder in find_sets(scene.workspace).items():
        made = scene.storage.prompts.import_directory(name, folder, author=AUTHOR)
        prompts = len(scene.storage.prompts.get_set(name))
        rows.append(("prompt set", name, f"{prompts} prompts", f"revision {made.number}"))
    for outcome in Import(scene.storage.memory, AUTHOR).run(find(scene.workspace, "auto")):
        assert outcome.path is not None
        kind = "Markdown" if outcome.path.suffix == ".md" else "JSON"
        rows.append(("memory", outcome.conversation, kind, f"revision {outcome.revision}"))
    scene.stage.table(("", "", "", ""), rows)


def check(scene: Scene) -> None:
    """Verify every revision of every document."""
    scene.stage.section(
        "Check everything",
        "Every revision of every document is rebuilt and compared with its SHA-256.",
    )
    scene.stage.command("ingenious-storage verify")
    settings = scene.storage.settings.storage
    rows = [
        (
            settings.container(role),
            report.documents,
            report.revisions,
            len(report.problems),
            len(report.orphans),
        )
        for role, report in scene.storage.verify().items()
    ]
    scene.stage.table(("container", "documents", "revisions", "problems", "strays"), rows)


def show_what_is_stored(scene: Scene) -> None:
    """Show the blobs of both containers, and their sizes."""
    settings = scene.storage.settings.storage
    scene.stage.section(
        "What is stored where",
        f"Plain files below {settings.base_path.as_posix()}; on Azure the same keys are blobs.",
    )
    rows = []
    places: list[tuple[str, FileStorage]] = [
        (settings.container_data, scene.storage.data),
        (settings.container_revisions, scene.storage.revisions),
    ]
    for container, files in places:
        blobs: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for info in files.list_blobs():
            root = info.key.partition("/")[0]
            blobs[root] += 1
            sizes[root] += info.size
        rows += [
            (f"{container}/{root}/", _KINDS[root], blobs[root], f"{sizes[root]:,}")
            for root in blobs
        ]
    scene.stage.table(("folder", "what", "blobs", "bytes"), rows)
