"""No way to the service, or somebody in between."""

from __future__ import annotations

import socket
from typing import Any

import trustme

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case, stranger
from tests.support.credentials import FakeCredential
from tests.support.servers.azurite import Azurite


def no_such_host(bench: Bench) -> None:
    """As the resolver answers; asking a real one would depend on this machine's network."""
    real = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **options: Any) -> Any:
        if "127.0.0.1" in str(host):
            return real(host, *args, **options)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    bench.patch.setattr(socket, "getaddrinfo", lookup)


@case(
    "dns",
    "blobs.example.invalid has no address: Name or service not known",
    "Correct storage.endpoint.*nslookup blobs.example.invalid",
    code="unavailable",
    blocks=("tcp", "accepted", "data.create", "account.kind"),
)
def dns_failure(bench: Bench) -> None:
    no_such_host(bench)
    bench.storage |= {
        "type": "azure_blob",
        "endpoint": "https://blobs.example.invalid",
        "allowed_endpoint_suffixes": ["example.invalid"],
        "account_name": "contosoagents",
        "account_key": "c2VjcmV0",
    }


@case(
    "dns",
    "contosoagnets.blob.core.windows.net has no address",
    "Is the account's name right.*az storage account show --name contosoagnets",
)
def mistyped_account(bench: Bench) -> None:
    no_such_host(bench)
    bench.storage |= {"type": "azure_blob", "account_name": "contosoagnets"}


@case(
    "tcp",
    r"no connection to the service at 127\.0\.0\.1:\d+: Connection refused",
    "Start the emulator: `npx --yes --package azurite azurite-blob --blobPort",
    code="unavailable",
    blocks=("tls", "data.container"),
)
def refused_port(bench: Bench) -> None:
    bench.with_key(Azurite(f"http://127.0.0.1:{bench.closed_port()}"))


@case(
    "tls",
    "certificate of 127.0.0.1 is not trusted: (self-signed|unable to get local issuer)",
    "export REQUESTS_CA_BUNDLE=",
    code="unavailable",
    blocks=("service", "credential"),
)
def unknown_authority(bench: Bench) -> None:
    bench.with_identity(FakeCredential())
    bench.patch.delenv("REQUESTS_CA_BUNDLE")


@case("tls", "not trusted: .*(mismatch|not valid for)", "Something else answers at 127.0.0.1")
def certificate_of_another_host(bench: Bench) -> None:
    azurite = bench.with_identity(FakeCredential())
    folder = bench.cli.folder / "other"
    folder.mkdir()
    ca = trustme.CA()
    certificate = ca.issue_cert("blobs.example.invalid")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    proxy = bench.before(Azurite(azurite.endpoint, folder / "ca.pem"))
    bench.storage["endpoint"] = proxy.azurite.account_url
    bench.patch.setenv("REQUESTS_CA_BUNDLE", str(folder / "ca.pem"))


@case("tls", "no TLS connection", "does not speak TLS: correct the port")
def no_tls_there(bench: Bench) -> None:
    server = bench.with_key()
    bench.storage["endpoint"] = server.account_url.replace("http:", "https:")


@case(
    "proxy",
    "no CA file '/nowhere/ca.pem'",
    "Check storage.http.ca_file, REQUESTS_CA_BUNDLE",
    code="invalid_configuration",
    blocks=("dns",),
)
def missing_ca_file(bench: Bench) -> None:
    bench.with_identity(FakeCredential())
    bench.patch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")


@case(
    "tcp",
    "no connection to the proxy at 127.0.0.1",
    "start or correct it .HTTPS_PROXY., or set NO_PROXY=127.0.0.1",
)
def dead_proxy(bench: Bench) -> None:
    bench.with_identity(FakeCredential())
    proxy = f"http://ann:hunter2@127.0.0.1:{bench.closed_port()}"
    bench.patch.setenv("HTTPS_PROXY", proxy)


@case("tls", "407", "The proxy asks for a login", blocks=("service",))
def proxy_asks_for_a_login(bench: Bench) -> None:
    bench.with_identity(FakeCredential())
    proxy = bench.with_canned(stranger(407, "Proxy-Authenticate: Basic"))
    bench.storage |= {"endpoint": bench.stores[0].account_url, "account_key": None}
    bench.patch.setenv("HTTPS_PROXY", proxy.account_url.removesuffix("/canned"))


@case("service", "proxy asks for a login .407.", "HTTPS_PROXY=http://USER:PASSWORD")
def proxy_of_plain_http_asks_for_a_login(bench: Bench) -> None:
    bench.with_key()
    proxy = bench.with_canned(stranger(407, "Proxy-Authenticate: Basic"))
    bench.with_key()
    bench.patch.setenv("HTTP_PROXY", proxy.account_url.removesuffix("/canned"))
