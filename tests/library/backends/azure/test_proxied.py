"""The contract on Azurite by proxies that ask who it is: whole URLs, and TLS in TLS."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.library.backends.azure import test_contract
from tests.support.authority import Authority
from tests.support.servers.proxy import forward_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_storage.backends.base import Backend
    from tests.support.servers.azurite import Azurite
    from tests.support.servers.proxy import ForwardProxy

pytestmark = pytest.mark.slow
LOGIN = "user:p w"


@contextmanager
def named(proxy: ForwardProxy) -> Iterator[None]:
    """The environment of who opens a backend; it is asked once."""
    os.environ["ALL_PROXY"] = proxy.url("user:p%20w@")
    try:
        yield
    finally:
        del os.environ["ALL_PROXY"]


class TestByWholeUrls(test_contract.TestSharedKey):
    @pytest.fixture
    def backend_without_container(self, server: Azurite, container_name: str) -> Iterator[Backend]:
        with forward_proxy(LOGIN) as proxy:
            with named(proxy):
                backend = self.open(server, container_name)
                assert not backend.container_exists()
            assert proxy.heads[0].split()[1].startswith(f"http://127.0.0.1:{server.port}/".encode())
            yield backend
            backend.close()


class TestByTlsInTls(test_contract.TestBearerToken):
    @pytest.fixture
    def backend_without_container(
        self, server: Azurite, container_name: str, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Backend]:
        theirs = Authority(tmp_path_factory.mktemp("proxy"))
        both = tmp_path_factory.mktemp("both") / "ca.pem"
        assert server.ca_file is not None
        both.write_bytes(server.ca_file.read_bytes() + Path(theirs.file).read_bytes())
        os.environ["REQUESTS_CA_BUNDLE"] = str(both)  # the fixture `server` puts it back
        with forward_proxy(LOGIN, theirs.server()) as proxy:
            with named(proxy):
                backend = self.open(server, container_name)
                assert not backend.container_exists()
            assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} ".encode())
            yield backend
            backend.close()
