"""Faults of a soak: windows of time in which the store answers badly, or not at all."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from tests.library.documents.faults.proxy import FaultProxy, busy, fault_proxy, lost, refused
from tests.support.faults import Fault, Request
from tests.support.servers.azurite import Azurite, run_azurite
from tests.support.stores import of_azurite

Kind = Literal["lost answers", "busy", "drops", "restart"]
BURN: Final = "IngeniousStorageAvailabilityFastBurn"
ALERTS: Final[Mapping[Kind, frozenset[str]]] = {
    "lost answers": frozenset({BURN}),
    "busy": frozenset({BURN, "IngeniousStorageThrottled"}),
    "drops": frozenset({BURN}),
    "restart": frozenset({BURN, "IngeniousStorageHealthDown"}),
}
"""What has to fire in such a window."""
_FAULTS: Final[Mapping[Kind, tuple[Fault, float]]] = {
    "lost answers": (lost, 0.5),
    "busy": (busy, 0.7),
    "drops": (refused, 0.7),
}
"""What a request meets, and how many of them."""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when something was wrong, by the clock that all processes share."""

    kind: Kind
    began: float
    ended: float
    met: int
    """Requests that met it."""

    def explains(self, began: float, ended: float) -> bool:
        """Whether a call of that time was under way in it."""
        return began <= self.ended and ended >= self.began


@dataclass
class Sky:
    """An Azurite that keeps its data, behind a proxy; what goes wrong is said here."""

    folder: Path
    lot: random.Random
    proxy: FaultProxy = field(init=False)
    windows: list[Window] = field(default_factory=list)
    _running: ExitStack = field(default_factory=ExitStack)
    _met: int = 0

    def start(self) -> Azurite:
        """A process with the data of the one before."""
        server = self._running.enter_context(run_azurite(self.folder, in_memory=False))
        if hasattr(self, "proxy"):
            self.proxy.upstream = of_azurite(server)
        return server

    def stop(self) -> None:
        """End the process, and wait for it."""
        self._running.close()

    @contextmanager
    def wrong(self, kind: Kind) -> Iterator[None]:
        """A window of this kind, while the block runs."""
        began, self._met = time.monotonic(), 0
        if kind == "restart":
            self.proxy.rule = self._count
            self.stop()
            yield
            self.start()
        else:
            fault, share = _FAULTS[kind]
            self.proxy.rule = self._drawn(fault, share)
            yield
        self.proxy.rule = None
        self.windows.append(Window(kind, began, time.monotonic(), self._met))

    def _count(self, _request: Request) -> None:
        self._met += 1

    def _drawn(self, fault: Fault, share: float) -> Callable[[Request], Fault | None]:
        def rule(_request: Request) -> Fault | None:
            if self.lot.random() >= share:
                return None
            self._met += 1
            return fault

        return rule


@contextmanager
def sky(folder: Path, seed: int) -> Iterator[Sky]:
    """One over a fresh store, for the length of a `with` block."""
    made = Sky(folder, random.Random(seed))
    server = made.start()
    try:
        with fault_proxy(of_azurite(server)) as made.proxy:
            yield made
    finally:
        made.stop()
