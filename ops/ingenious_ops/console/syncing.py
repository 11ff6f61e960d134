"""Syncing: one sync of the catalogue at a time, in a thread, which pages start and watch."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request

from ingenious_ops.api.problems import LOGGER
from ingenious_storage.catalogue import Catalogue
from ingenious_storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the sync that runs, or how the last one of this process ended."""

    running: bool = False
    done: bool = False
    listed: int = 0
    read: int = 0
    unreadable: int = 0
    """Documents that are damaged."""
    problem: str = ""


class Syncing:
    """The syncs of one application. Thread-safe."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        """As it is now."""
        return self._progress

    def start(self, catalogue: Catalogue) -> None:
        """Begin one, unless one runs."""
        with self._lock:
            if self._progress.running:
                return
            self._progress = Progress(running=True)
        name = "ingenious-storage-console-sync"
        threading.Thread(target=self._run, args=(catalogue,), name=name, daemon=True).start()

    def _run(self, catalogue: Catalogue) -> None:
        try:
            report = catalogue.sync(progress=self._tell)
        except StorageError as error:
            ended = Progress(problem=f"{error.message} {error.hint}")
        except Exception:
            logging.getLogger(LOGGER).exception("a sync met a fault of this program")
            ended = Progress(problem="This program is at fault; its log says more.")
        else:
            bad = len(report.unreadable)
            ended = Progress(done=True, listed=report.listed, read=report.read, unreadable=bad)
        self._progress = ended

    def _tell(self, listed: int, read: int) -> None:
        self._progress = replace(self._progress, listed=listed, read=read)


def syncing_of(request: Request) -> Syncing:
    """That of the application that answers `request`."""
    found: Syncing = request.app.state.console_syncing
    return found
