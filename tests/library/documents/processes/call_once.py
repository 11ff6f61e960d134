"""One call on the conversation of a folder, which a test kills: FOLDER save|delete|purge|prune."""

from __future__ import annotations

import sys
from pathlib import Path

from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.memory import MemoryManager

CONVERSATION = "a conversation"


def main(folder: str, call: str) -> None:
    memory = MemoryManager(FileStorage(LocalBackend(Path(folder))))
    match call:
        case "save":
            memory.save_memory(CONVERSATION, ["new"])
        case "delete":
            memory.delete_memory(CONVERSATION)
        case "purge":
            memory.purge_memory(CONVERSATION)
        case "prune":
            memory.prune_memory(CONVERSATION, keep=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
