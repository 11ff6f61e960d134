"""Stores with an HTTP API that the tests run: one entry of a table each.

A test that is for every store takes its names from `STORES`, and what runs from `running`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.config import StorageSettings
from ingenious_storage.wiring import build_backend
from tests.support.servers.azurite import Azurite
from tests.support.servers.fake_gcs import GcsServer

Api = Literal["azure", "s3", "gcs"]
"""Whose requests a store understands; the name of its section."""


@dataclass(frozen=True, slots=True)
class RunningStore:
    """A server that runs, as settings; it can be pickled and handed to other processes."""

    name: str
    api: Api
    section: Mapping[str, Any]
    """The settings `storage.azure`, `storage.s3` or `storage.gcs`."""
    port: int
    ca_file: Path | None = None
    conditional_delete: bool = True
    """Whether a delete spares what somebody else wrote."""
    writes_beside_deletes: bool = True
    """Whether a write holds whatever is deleted at that moment. versitygw 1.8.0 looks at an ETag
    and then removes the file, so that a put in between is gone; and it removes a folder that got
    empty, while another file is put there, and refuses that one's key."""

    @property
    def type(self) -> str:
        """`storage.type`."""
        return "azure_blob" if self.api == "azure" else self.api

    def at(self, port: int) -> RunningStore:
        """The same, reached by another port of loopback."""
        mine, other = f"127.0.0.1:{self.port}", f"127.0.0.1:{port}"
        section = {
            key: value.replace(mine, other) if isinstance(value, str) else value
            for key, value in self.section.items()
        }
        return replace(self, section=section, port=port)

    def settings(self, **more: Any) -> StorageSettings:
        """`storage:` of a configuration that names this store."""
        return StorageSettings(type=self.type, **{self.api: dict(self.section)}, **more)

    def backend(self, container: str, **more: Any) -> Backend:
        """The bare store of one container."""
        return build_backend(self.settings(**more), container)


def of_azurite(server: Azurite) -> RunningStore:
    section = {"connection_string": server.connection_string}
    return RunningStore("azurite", "azure", section, server.port)


def of_azurite_by_the_sdk(server: Azurite) -> RunningStore:
    native = of_azurite(server)
    section = {**native.section, "driver": "sdk"}
    return replace(native, name="azurite_sdk", section=section)


def of_s3(server: Any) -> RunningStore:
    return RunningStore(
        server.name,
        "s3",
        server.section,
        server.port,
        writes_beside_deletes=server.name != "versitygw",
    )


def of_gcs(server: GcsServer) -> RunningStore:
    return RunningStore("fake_gcs", "gcs", server.section, server.port, conditional_delete=False)


STORES: Final[Mapping[str, tuple[str, Callable[[Any], RunningStore]]]] = {
    "azurite": ("azurite", of_azurite),
    "azurite_sdk": ("azurite", of_azurite_by_the_sdk),
    "versitygw": ("versitygw", of_s3),
    "seaweedfs": ("seaweedfs", of_s3),
    "fake_gcs": ("fake_gcs", of_gcs),
}
"""By name: the fixture that starts it, and what makes settings of that."""


def running(name: str, request: pytest.FixtureRequest) -> RunningStore:
    """The store of the table, started if it does not run yet."""
    fixture, make = STORES[name]
    return make(request.getfixturevalue(fixture))


QUICK: Final = ("azurite", "versitygw", "fake_gcs")
"""One store of each API, for every run; the others are for `make test-slow`."""


def slow(*names: str) -> list[Any]:
    """Parameters for `make test-slow`."""
    return [pytest.param(name, marks=pytest.mark.slow) for name in names]


EVERY: Final = (*QUICK, *slow(*(name for name in STORES if name not in QUICK)))
"""Parameters: all stores of the table."""
