"""Scene of the demo: what every step works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingenious_ops.demo.stage import Stage
from ingenious_storage import Revision, Storage
from ingenious_storage.whole_files import write_file

AUTHOR: Final = "demo"


@dataclass(frozen=True)
class Scene:
    """Each step calls the library, and shows the command that does the same."""

    stage: Stage
    storage: Storage
    folder: Path
    """Everything that the demo makes."""
    workspace: Path

    def edit(self, name: str, text: str) -> str:
        """Write a file for a command to read; how the command names it."""
        path = self.folder / "edits" / name
        write_file(path, text)
        return path.as_posix()

    def show_history(self, revisions: Sequence[Revision]) -> None:
        """Show revisions as a table."""
        self.stage.table(
            ("revision", "created", "bytes", "author", "message"),
            [
                (r.number, f"{r.created_at:%H:%M:%S}", f"{r.size:,}", r.author, r.message or "")
                for r in revisions
            ],
        )
