"""A set-up to break: a profile, a store with both containers, and what stands before it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from ingenious_ops.doctor.checks import guarantees
from ingenious_storage.backends.azure import credentials as azure_credentials
from tests.library.documents.faults.proxy import Answer, FaultProxy, fault_proxy
from tests.ops.cli.harness import Cli
from tests.support.credentials import FakeCredential
from tests.support.faults import Call, Request
from tests.support.servers.azurite import Azurite
from tests.support.servers.canned import CannedServer, canned_server

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
Reply = Callable[[Request, Call], Answer]


@dataclass
class Bench:
    """Run `doctor` with `run`; the storage section is `storage`, the environment is the test's."""

    cli: Cli
    patch: pytest.MonkeyPatch
    stack: ExitStack
    name: str
    get_azurite: Callable[[], Azurite]
    get_azurite_oauth: Callable[[], Azurite]
    storage: dict[str, Any] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    stores: list[Azurite] = field(default_factory=list)
    others: list[Callable[[], list[str]]] = field(default_factory=list)
    """What is left in a store that is no Azurite."""

    # What it stands on.

    def with_key(self, server: Azurite | None = None) -> Azurite:
        """Azurite with its key, the containers there; through `server` if it is given."""
        azurite = self._containers(self.get_azurite())
        self._azure(server or azurite, account_key=azurite.account_key)
        return azurite

    def with_sas(self, permissions: str, server: Azurite | None = None) -> str:
        """A SAS of the data container, `permissions` as in `racwdl`; gives its signature."""
        azurite = self._containers(self.get_azurite())
        return self.signed(permissions, datetime.now(UTC) + timedelta(days=3), server or azurite)

    def signed(self, permissions: str, expiry: datetime, server: Azurite) -> str:
        sas = generate_container_sas(
            Azurite.account_name,
            self.storage["container_data"],
            account_key=Azurite.account_key,
            permission=ContainerSasPermissions.from_string(permissions),
            start=datetime.now(UTC) - timedelta(days=2),
            expiry=expiry,
        )
        self._azure(server, sas_token=sas)
        return sas

    def with_identity(
        self, credential: object | None = None, server: Azurite | None = None
    ) -> Azurite:
        """Azurite over TLS, its authority trusted; `credential` stands in for azure-identity."""
        azurite = self._containers(self.get_azurite_oauth())
        if credential is not None:
            self.patch.setattr(azure_credentials, "make_credential", lambda _: credential)
        self._azure(server or azurite, credential="default")
        self.patch.setenv("REQUESTS_CA_BUNDLE", str(azurite.ca_file))
        return azurite

    def with_canned(self, *replies: bytes) -> CannedServer:
        """A server that answers what it is told, with the key of an account of its own."""
        server = self.stack.enter_context(canned_server())
        server.replies = list(replies)
        self.storage |= {
            "type": "azure_blob",
            "endpoint": server.account_url,
            "account_key": "c2VjcmV0",
        }
        return server

    def before(self, azurite: Azurite, reply: Reply | None = None) -> FaultProxy:
        """A proxy before `azurite`; `reply` makes the answer of every request."""
        proxy = self.stack.enter_context(fault_proxy(azurite))
        if reply is not None:
            proxy.rule = lambda _: reply
        return proxy

    def closed_port(self) -> int:
        """Bound, and not listening."""
        taken = self.stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

    # What happens to it.

    def write_profiles(self) -> None:
        self.cli.write("profiles.yml", {"profiles": {"cloud": {"storage": self.storage}}})

    def report(self, code: int) -> dict[str, Any]:
        """The answer of `doctor --json`."""
        self.write_profiles()
        data: dict[str, Any] = self.cli.data(
            "doctor", "--profile", "cloud", *self.options, code=code
        )
        return data

    def left_behind(self) -> list[str]:
        """What is in the stores, asked of the stores themselves and around every proxy."""
        for name in PROXIES:
            self.patch.delenv(name.upper(), raising=False)
        found = [key for others in self.others for key in others()]
        return found + [
            f"{container}/{name}"
            for server in self.stores
            for container in (self.storage["container_data"], self.storage["container_revisions"])
            for name in self.blobs(server, container)
        ]

    def blobs(self, server: Azurite, container: str) -> list[str]:
        with self._service(server) as service:
            return [*service.get_container_client(container).list_blob_names()]

    def put(self, server: Azurite, key: str, data: bytes) -> None:
        with self._service(server) as service:
            service.get_blob_client(self.storage["container_data"], key).upload_blob(data)

    def _service(self, server: Azurite) -> BlobServiceClient:
        options = server.client_options
        return BlobServiceClient(server.account_url, credential=server.account_key, **options)

    def _containers(self, server: Azurite) -> Azurite:
        if server not in self.stores:
            self.stores.append(server)
            with self._service(server) as service:
                for role in ("data", "revisions"):
                    service.create_container(self.storage[f"container_{role}"])
        return server

    def _azure(self, server: Azurite, **credential: Any) -> None:
        self.storage |= {
            "type": "azure_blob",
            "endpoint": server.account_url,
            "account_name": server.account_name,
            "auto_create_containers": False,
            **credential,
        }

    @cached_property
    def folder(self) -> Path:
        """A local store of both containers."""
        base = self.cli.folder / "data"
        for role in ("data", "revisions"):
            (base / self.storage[f"container_{role}"]).mkdir(parents=True)
        self.storage |= {"type": "local", "base_path": "data"}
        return base

    def fake_az(self, script: str) -> None:
        """The command line of Azure that DefaultAzureCredential finds on the PATH."""
        folder = self.cli.folder / "bin"
        folder.mkdir()
        az = folder / "az"
        az.write_text(f"#!/bin/sh\n{script}\n")
        az.chmod(0o755)
        self.patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        self.patch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")


def token_json(lifetime: float = 3600.0, **claims: str) -> str:
    """What `az account get-access-token` prints, with a token that Azurite accepts."""
    token = FakeCredential(lifetime=lifetime, claims=claims).get_token("scope")
    return json.dumps({"accessToken": token.token, "expires_on": token.expires_on})


def make_bench(
    cli: Cli, patch: pytest.MonkeyPatch, name: str, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    for variable in (*PROXIES, *(each.upper() for each in PROXIES), *BUNDLES):
        patch.delenv(variable, raising=False)
    for variable in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "GCE_"))]:
        patch.delenv(variable)
    for bound in ("_SLOW_P50", "_SLOW_P95"):  # seconds: a busy machine is no slow store
        patch.setattr(guarantees, bound, 60.0)
    with ExitStack() as stack:
        bench = Bench(
            cli,
            patch,
            stack,
            name,
            lambda: request.getfixturevalue("azurite"),
            lambda: request.getfixturevalue("azurite_oauth"),
        )
        names = {"container_data": f"{name[:50]}-d", "container_revisions": f"{name[:50]}-r"}
        bench.storage |= names
        yield bench
