"""Stores that histories are recorded on: servers of their own, which may be started again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.integration.proof.recording.crowd import Crowd
from tests.integration.proof.recording.journal import Call
from tests.library.documents.faults.proxy import fault_proxy
from tests.support.servers.azurite import run_azurite
from tests.support.servers.fake_gcs import run_fake_gcs
from tests.support.servers.seaweedfs import run_seaweedfs
from tests.support.servers.versitygw import run_versitygw
from tests.support.stores import RunningStore, of_azurite, of_azurite_by_the_sdk, of_gcs, of_s3

Run = Callable[..., AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Server:
    run: Run
    of: Callable[[Any], RunningStore]
    starts_again: bool = False
    """Whether it keeps what it has acknowledged when it is killed. Azurite and fake-gcs-server have
    all of it in memory here."""


SERVERS: Final[Mapping[str, Server]] = {
    "azurite": Server(run_azurite, of_azurite),
    "azurite_sdk": Server(run_azurite, of_azurite_by_the_sdk),
    "versitygw": Server(run_versitygw, of_s3, starts_again=True),
    "seaweedfs": Server(run_seaweedfs, of_s3),
    "fake_gcs": Server(run_fake_gcs, of_gcs),
}
PLACES: Final = ("disk", *SERVERS)


@dataclass(slots=True)
class Started:
    """A server that runs."""

    server: Server
    folder: Path
    store: RunningStore = field(init=False)
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self, **more: Any) -> None:
        self.store = self.server.of(
            self._running.enter_context(self.server.run(self.folder, **more))
        )

    def stop(self) -> None:
        """It is killed, with whatever it is at."""
        self._running.close()

    def again(self) -> None:
        self.stop()
        self.start(port=self.store.port)


@contextmanager
def started(name: str, folder: Path) -> Iterator[Started]:
    one = Started(SERVERS[name], folder)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def recorded(name: str, crowd: Crowd, folder: Path) -> list[Call]:
    """The history of a crowd on a server of its own: one in memory gets slower with all that it was
    ever sent."""
    if name == "disk":
        return crowd.on_disk(folder)
    with started(name, folder / "server") as one, fault_proxy(one.store, one.store.api) as proxy:
        return crowd.on_server(one.store, proxy, folder, one.again)


def restarts_of(name: str, times: int) -> int:
    """How often a server may be started again in a history."""
    return times if name in SERVERS and SERVERS[name].starts_again else 0
