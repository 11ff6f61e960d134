"""Sites: the servers that savers of one kind write to, and what is stored there in the end.

S3 is versitygw's: on SeaweedFS, langgraph-checkpoint-tigris soon waits for an answer that does not
come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from azure.storage.blob import ContainerClient

from benchmarks.azure import fresh_azurite
from tests.support.layering import new_key_file, sections
from tests.support.servers.azurite import Azurite
from tests.support.servers.s3 import S3Server
from tests.support.servers.versitygw import run_versitygw


@dataclass(frozen=True, slots=True)
class Stored:
    """What a server lists of a bucket."""

    objects: int
    size: int
    """In bytes."""


class Site(Protocol):
    """One server. A saver has a bucket of its own."""

    @property
    def port(self) -> int:
        """Of the server."""

    def make(self, bucket: str) -> None:
        """A bucket, which is empty."""

    def ours(self, bucket: str, port: int) -> dict[str, Any]:
        """The settings `storage` of ours, reached by a port."""

    def theirs(self, bucket: str, port: int) -> dict[str, Any]:
        """What the other savers are told."""

    def stored(self, bucket: str) -> Stored:
        """Asked of the server."""


@dataclass(frozen=True, slots=True)
class S3Site:
    """An S3 server."""

    server: S3Server

    @property
    def port(self) -> int:
        return self.server.port

    def make(self, bucket: str) -> None:
        self.server.client().create_bucket(Bucket=bucket)

    def ours(self, bucket: str, port: int) -> dict[str, Any]:
        section = self.server.section | {"endpoint": f"http://127.0.0.1:{port}"}
        return {"type": "s3", "container_data": bucket, "s3": section}

    def theirs(self, bucket: str, port: int) -> dict[str, Any]:
        endpoint = f"http://127.0.0.1:{port}"
        return {"bucket": bucket, "endpoint": endpoint, "region": self.server.region}

    def stored(self, bucket: str) -> Stored:
        pages = self.server.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        sizes = [each["Size"] for page in pages for each in page.get("Contents", ())]
        return Stored(len(sizes), sum(sizes))


@dataclass(frozen=True, slots=True)
class AzureSite:
    """An Azurite."""

    server: Azurite

    @property
    def port(self) -> int:
        return self.server.port

    def make(self, bucket: str) -> None:
        with self._container(bucket) as container:
            container.create_container()

    def ours(self, bucket: str, port: int) -> dict[str, Any]:
        connection = self._connection(port)
        return {
            "type": "azure_blob",
            "container_data": bucket,
            "connection_string": connection,
        }

    def theirs(self, bucket: str, port: int) -> dict[str, Any]:
        return {"bucket": bucket, "connection": self._connection(port)}

    def stored(self, bucket: str) -> Stored:
        with self._container(bucket) as container:
            sizes = [each.size for each in container.list_blobs()]
        return Stored(len(sizes), sum(sizes))

    def _connection(self, port: int) -> str:
        return replace(self.server, endpoint=f"http://127.0.0.1:{port}").connection_string

    def _container(self, bucket: str) -> ContainerClient:
        return ContainerClient.from_connection_string(self.server.connection_string, bucket)


@contextmanager
def sites(folder: Path) -> Iterator[dict[str, Site]]:
    """By name."""
    with run_versitygw(folder / "versitygw") as gateway, fresh_azurite() as azurite:
        yield {"versitygw": S3Site(gateway), "Azurite": AzureSite(azurite)}


def sealed(folder: Path) -> dict[str, Any]:
    """The sections that compress and encrypt, with a key of their own."""
    made = sections(new_key_file(folder))
    del made["cache"]
    made["encryption"]["key_file"] = str(made["encryption"]["key_file"])
    return made
