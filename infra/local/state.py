"""State of local Azure: records in one JSON file, shared by any number of processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

Record = dict[str, Any]  # "id", "token", "properties": as Azure would show them
Records = dict[str, Record]  # by id in lower case: Azure compares ids without regard to case


class StateFile:
    """The file at `path`; a missing one is an Azure without resources."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))

    def read(self) -> Records:
        """A consistent copy of all records."""
        if not self._path.exists():
            return {}
        records: Records = json.loads(self._path.read_bytes())
        return records

    @contextmanager
    def change(self) -> Iterator[Records]:
        """All records, to change in place: written whole at the end, or not at all on an error."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            records = self.read()
            yield records
            new = self._path.with_name(self._path.name + ".new")
            new.write_text(json.dumps(records, indent=2, sort_keys=True))
            os.replace(new, self._path)  # noqa: PTH105  # replaces an existing file on Windows too
