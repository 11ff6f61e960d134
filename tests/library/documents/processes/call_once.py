"""One call on the conversation of a folder, which a test kills.

FOLDER save|delete|purge|prune [KEY_FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.services.memory import MemoryManager
from tests.support.layering import files_on

CONVERSATION = "a conversation"


def main(folder: str, call: str, key_file: str | None = None) -> None:
    backend = LocalBackend(Path(folder))
    memory = MemoryManager(files_on(backend, Path(key_file) if key_file else None))
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
