"""A storage on disk with something of each kind, right and wrong, which can be copied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.configuration import Configuration
from ingenious_ops.spread.job import Job, job_of
from ingenious_storage import Storage
from ingenious_storage.config import load_settings
from ingenious_storage.documents import purge

ORPHAN = "history/conversations/c000/memory.json/0000000009-0123456789abcdef"


@dataclass(frozen=True)
class Place:
    """Its containers, its configuration, and the index of one machine, in a folder."""

    folder: Path

    @property
    def configuration(self) -> Configuration:
        return Configuration(config=str(self.folder / "config.yml"))

    def configured(self, **storage: Any) -> Place:
        """With these sections beside its place; JSON is YAML."""
        index = {"path": str(self.folder / "index.db"), "plain_index": True}
        sections = {"type": "local", "base_path": str(self.folder / "data"), "catalogue": index}
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"storage": {**sections, **storage}}, default=str)
        (self.folder / "config.yml").write_text(text, encoding="utf-8")
        return self

    def copied(self, folder: Path, **storage: Any) -> Place:
        """The same containers elsewhere."""
        shutil.copytree(self.folder / "data", folder / "data")
        return Place(folder).configured(**storage)

    def storage(self) -> Storage:
        return Storage(load_settings(config_path=self.folder / "config.yml"))

    @contextmanager
    def job(self, choice: Choice) -> Iterator[Job]:
        with self.storage() as storage, job_of(storage, self.configuration, {}, choice) as job:
            yield job

    def filled(self) -> Place:
        """Memories of both forms, a name that another one has, segments, sets, labels, damage."""
        with self.storage() as storage:
            memories = {f"c{n:03d}": _memory(n) for n in range(40)}
            storage.memory.save_many({**memories, "C001": {"context": "capital"}})
            for number in range(70):
                storage.memory.save_memory("long", {"context": f"words {number}"})
            storage.memory.purge_memory("c004")
            storage.memory.delete_memory("c005")
            storage.data.save_bytes("conversations/c007/memory.json", b"<html>")
            storage.data.save_bytes(ORPHAN, b"an orphan")
            storage.data.save_text("notes/of the application.txt", "words")
            for number in range(4):
                storage.prompts.create_set(f"s{number}", {"a.md": f"A {number}", "b/c.md": "C"})
                storage.prompts.set_label(f"l{number}", f"s{number}")
            purge(storage.prompts.documents, "prompts/s2.json")
        return self


def _memory(number: int) -> dict[str, Any]:
    if number % 3:
        return {"context": f"text {number}"}
    return {"messages": [{"role": "user", "content": f"words {number}"}]}
