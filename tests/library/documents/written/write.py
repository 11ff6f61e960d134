"""What the fixtures of this folder were written with: `python write.py FOLDER`.

By the code of commit 6cc1ca6 (`first`), before heads had a checksum; by that of 4885fa8 (`second`),
with a checksum, keyframes and what purges leave; and by two releases of orjson that write the same
numbers differently (`orjson-3.11.6`, `orjson-3.11.7`).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingenious_storage import FileStorage, MemoryManager, PromptLibrary
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.documents import DocumentStore

NUMBERS = {"numbers": [1e16, -1e16, 1.5e300, 1e-7, 0.1, 10000000000000000, 1e22]}
WORDS = {"text": "1e16 is not 1e+16, and e+ is no number"}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def documents(folder: Path) -> DocumentStore:
    backend = LocalBackend(folder)
    backend.ensure_container()
    return DocumentStore(FileStorage(backend), clock=Clock())


def write_first(folder: Path) -> None:
    memory = MemoryManager(documents=documents(folder / "data"))
    for turn in range(70):
        memory.append_messages("grows", [turn], author="ann", message=f"Turn {turn}", tags=["t"])
        memory.save_memory("changes", {"turn": turn, "text": f"{turn * 7919:>300}"})
        memory.save_memory("pruned", [turn])
    memory.save_memory("日" * 80, "a long id")
    memory.save_memory("deleted", {"a": 1})
    memory.delete_memory("deleted", author="ann")
    memory.prune_memory("pruned", keep=10)
    prompts = PromptLibrary(documents=documents(folder / "revisions"))
    prompts.create_set("quickstart-1", {"a.md": "A", "b/c.jinja": "C"})
    for turn in range(40):
        prompts.commit("quickstart-1", {"a.md": f"A {turn}"}, author="Bob")
        prompts.set_label("production", "quickstart-1", message=f"{turn}")
    prompts.create_set("gone", {"a.md": "A"})
    prompts.delete_set("gone")


def write_second(folder: Path) -> None:
    store = documents(folder / "data")
    memory = MemoryManager(documents=store)
    for turn in range(100):
        memory.append_messages("grows", [turn], author="ann", message=f"Turn {turn}", tags=["t"])
        memory.save_memory("changes", {"turn": turn, "text": f"{turn * 7919:>300}"})
    memory.rollback("changes", 40, author="ann")
    memory.save_memory("comes back", {"a": 1})
    memory.delete_memory("comes back")
    memory.restore_memory("comes back")
    memory.save_memory("deleted", {"a": 1})
    memory.delete_memory("deleted")
    for turn in range(50):
        memory.save_memory("pruned", [turn])
        memory.save_memory("purged", [turn])
        memory.save_memory("made again", [turn])
    memory.prune_memory("pruned", keep=10)
    memory.purge_memory("purged")
    memory.purge_memory("made again")
    for turn in range(40):
        memory.save_memory("made again", {"again": turn})
    memory.save_memory("日" * 80, "a long id")
    memory.save_memory("numbers", NUMBERS)
    prompts = PromptLibrary(documents=documents(folder / "revisions"))
    prompts.create_set("quickstart-1", {"a.md": "A", "b/c.jinja": "C"})
    for turn in range(70):
        prompts.commit("quickstart-1", {"a.md": f"A {turn}"}, author="Bob")
    prompts.set_label("canary", "quickstart-1", revision=70)
    prompts.set_label("production", "quickstart-1", revision=50)
    prompts.set_label("production", "quickstart-1", revision=60, message="rolled out")


def write_numbers(folder: Path) -> None:
    memory = MemoryManager(documents=documents(folder / "data"))
    for turn in range(34):
        memory.save_memory("numbers", {**NUMBERS, "turn": turn})
    memory.save_memory("numbers", NUMBERS)
    memory.save_memory("words", WORDS)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    {"first": write_first, "second": write_second}.get(place.name, write_numbers)(place)
