"""Print the tree that the framework sees below the folders that are given, as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

from ingenious.config.config import get_config  # type: ignore[import-not-found,unused-ignore]
from ingenious.files.files_repository import (  # type: ignore[import-not-found,unused-ignore]
    FileStorage,
)


async def main() -> None:
    files = FileStorage(get_config(), Category="data")
    found: dict[str, str] = {}
    waiting = sys.argv[1:]
    while waiting:
        folder = waiting.pop()
        waiting += [f"{folder}/{name}" for name in await files.list_directories(folder)]
        for name in filter(None, (await files.list_files(folder)).split("\n")):
            assert await files.check_if_file_exists(folder, name)
            found[f"{folder}/{name}"] = await files.read_file(name, folder)
    sys.stdout.write(json.dumps(found))


asyncio.run(main())
