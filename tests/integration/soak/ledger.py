"""Ledger: what was said, and what came of it, as lines of a file that outlives its writer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingenious_storage.errors import StorageError


class AnswerError(Exception):
    """An answer of the API that is none of success."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem}")
        self.code = str((problem or {}).get("code", status))


@dataclass(frozen=True, slots=True)
class Turn:
    """One call of a talker; times are of the clock that all processes of a machine share."""

    kind: str
    conversation: str
    token: str
    """What was added; empty for a look."""
    began: float
    ended: float
    error: str | None = None
    """Its code; None for success."""
    detail: str = ""


class Ledger:
    """Writes turns; thread-safe."""

    def __init__(self, path: Path) -> None:
        self._stream, self._lock = path.open("a", encoding="utf-8"), threading.Lock()

    def note(self, turn: Turn) -> None:
        """One line, at once."""
        with self._lock:
            self._stream.write(json.dumps(asdict(turn)) + "\n")
            self._stream.flush()

    def close(self) -> None:
        self._stream.close()


def turns(path: Path) -> Iterator[Turn]:
    """All of a file that is written no more."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Turn(**json.loads(line))


def code_of(error: Exception) -> str:
    """That of the library or the API; else the name of the class."""
    if isinstance(error, StorageError | AnswerError):
        return error.code
    return type(error).__name__
