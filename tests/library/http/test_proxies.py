"""Proxies: which one the environment names, and requests that go by it."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Iterator
from functools import partial
from urllib.request import getproxies

import pytest
from requests.utils import select_proxy, should_bypass_proxies

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.client import Client
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.proxies import proxy_of_environment
from ingenious_storage.http.trust import Trust
from tests.library.config.refusals import CANARY
from tests.support.authority import Authority
from tests.support.hostile import drips, ends, floods, resets, says
from tests.support.polling import with_time_enough
from tests.support.servers.proxy import ForwardProxy, forward_proxy
from tests.support.servers.scripted import OK, Peer, Talk, answering, scripted_server

URL = "https://contosoagents.blob.core.windows.net"
SAID = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.mark.parametrize(
    ("variable", "proxy", "said"),
    [
        ("HTTPS_PROXY", f"socks5://user:{CANARY}@127.0.0.1:1080", "is a SOCKS proxy (socks5)"),
        ("ALL_PROXY", "socks5h://127.0.0.1:1080", "is a SOCKS proxy (socks5h)"),
        ("all_proxy", "SOCKS4://127.0.0.1:1080", "is a SOCKS proxy (SOCKS4)"),
        ("HTTPS_PROXY", f"ftp://user:{CANARY}@127.0.0.1:1", "is not the URL of a proxy"),
        ("HTTPS_PROXY", "http://", "has no host"),
        ("HTTPS_PROXY", "http://127.0.0.1:none", "has no host, or a port"),
        ("HTTPS_PROXY", f"http://{CANARY}@127.0.0.1:99999", "has no host, or a port"),
        ("HTTPS_PROXY", "http://127.0.0.1:0", "has no host, or a port"),
    ],
)
def test_what_is_no_proxy_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, said: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(ConfigurationError) as caught:
        Client(URL, timeout=20, otherwise="set storage.azure.driver to sdk, ")
    assert said in str(caught.value)
    assert "NO_PROXY=contosoagents.blob.core.windows.net" in caught.value.hint
    assert ("storage.azure.driver" in caught.value.hint) == ("SOCKS" in said)
    assert CANARY not in f"{caught.value}{caught.value.hint}"
    monkeypatch.setenv("NO_PROXY", "contosoagents.blob.core.windows.net")
    assert Client(URL, timeout=20).route().proxy is None


ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"HTTPS_PROXY": "http://a:1"},
    {"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"},
    {"https_proxy": "", "HTTPS_PROXY": "http://b:1"},
    {"ALL_PROXY": "http://all:1"},
    {"all_proxy": "http://all:1", "HTTPS_PROXY": "http://a:1"},
    {"HTTP_PROXY": "http://h:1"},
    {"HTTP_PROXY": "http://h:1", "REQUEST_METHOD": "GET"},
    {"http_proxy": "http://h:1", "REQUEST_METHOD": "GET"},
    {"HTTP_PROXY": "http://h:1", "http_proxy": "http://i:1", "REQUEST_METHOD": "GET"},
    *(
        {"all_proxy": "http://a:1", variable: value}
        for variable in ("no_proxy", "NO_PROXY")
        for value in (
            "*", "core.windows.net", ".core.windows.net", "windows.net:443", "net:8443",
            "WINDOWS.NET", "dows.net", "other.example, blob.core.windows.net", "10.0.0.0/8",
            "10.1.2.3", "10.1.2.0/24", "10.1.2.4/31", "10.1.2.3/40", "10.1.2.3/x", "10.1.2.3:9",
            "::1", "localhost", "127.0.0.0/8", ",",
        )
    ),
    {"all_proxy": "http://a:1", "no_proxy": "other", "NO_PROXY": "windows.net"},
]  # fmt: skip
URLS = [
    URL, "https://contosoagents.blob.core.windows.net:8443", "http://contosoagents.blob.core.windows.net",
    "http://10.1.2.3:9", "http://10.1.2.4", "http://localhost:1", "http://127.0.0.1:10000", "https://[::1]:9",
]  # fmt: skip


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_the_choice_is_that_of_requests(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for url in URLS:
        bypassed = should_bypass_proxies(url, no_proxy=None)
        theirs = None if bypassed else select_proxy(url, getproxies())
        ours = proxy_of_environment(url)
        assert (ours and ours.url) == theirs, url


@pytest.mark.parametrize(
    ("text", "host", "port", "login"),
    [
        ("http://proxy.example:3128", "proxy.example", 3128, None),
        ("proxy.example:3128", "proxy.example", 3128, None),
        ("https://[::1]", "::1", 443, None),
        ("http://proxy.example", "proxy.example", 80, None),
        ("http://us%40er:p%3Aw%2F@proxy.example/", "proxy.example", 80, "us@er:p:w/"),
        ("http://user@proxy.example", "proxy.example", 80, "user:"),
    ],
)
def test_how_it_is_read(
    monkeypatch: pytest.MonkeyPatch, text: str, host: str, port: int, login: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", text)
    proxy = proxy_of_environment(URL)
    assert proxy is not None
    assert proxy.place == (host, port)
    found = proxy.authorization
    assert (
        None if found is None else base64.b64decode(found.removeprefix("Basic ")).decode()
    ) == login
    assert login is None or (found or "") not in repr(proxy)


@pytest.fixture(params=["http", "https"])
def proxy(request: pytest.FixtureRequest, authority: Authority) -> Iterator[ForwardProxy]:
    """One that asks who it is."""
    context = authority.server() if request.param == "https" else None
    with forward_proxy("user:p w", context) as found:
        yield found


@pytest.fixture(params=["http", "https"])
def service(request: pytest.FixtureRequest, authority: Authority) -> ssl.SSLContext | None:
    return authority.server() if request.param == "https" else None


def test_requests_go_by_it(
    monkeypatch: pytest.MonkeyPatch,
    proxy: ForwardProxy,
    service: ssl.SSLContext | None,
    authority: Authority,
) -> None:
    """All four: http and https, to a proxy of http and of https. The login is the proxy's alone."""
    monkeypatch.setenv("ALL_PROXY", proxy.url("user:p%20w@"))
    with scripted_server(context=service) as server:
        client = Client(server.url, timeout=20, trust=Trust(authority.file))
        monkeypatch.delenv("ALL_PROXY")  # it was asked once
        for _ in range(3):
            assert client.send("GET", "/a?b=c", {"X-A": "b"}).body == b"good"
        client.close()
    assert client.route().proxy == proxy.url("user:p%20w@")
    place = f"127.0.0.1:{server.port}".encode()
    line = b"GET http://" + place + b"/a?b=c" if service is None else b"CONNECT " + place
    assert [head.startswith(line + b" HTTP/1.1\r\nHost: " + place) for head in proxy.heads] == [
        True
    ] * (3 if service is None else 1)
    assert len(server.requests) == 3
    for request in server.requests:
        assert request.startswith(b"GET /a?b=c HTTP/1.1\r\nHost: " + place + b"\r\nX-A: b\r\n")
        assert b"roxy" not in request


def test_long_bodies_go_by_tls_in_tls(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    body = bytes(range(256)) * 8000
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with (
        forward_proxy(context=authority.server()) as proxy,
        scripted_server(answering(reply), context=authority.server()) as server,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        client = Client(server.url, timeout=20, trust=Trust(authority.file))
        for _ in range(2):
            assert client.send("PUT", "/", {}, body, limit=len(body)).body == body
        assert server.connections == len(proxy.heads) == 1
        client.close()
    assert server.requests[0].endswith(b"\r\n\r\n" + body)


def test_a_login_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
    proxy: ForwardProxy,
    service: ssl.SSLContext | None,
    authority: Authority,
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.url())
    with scripted_server(context=service) as server:
        error = failure_of(Client(server.url, timeout=20, trust=Trust(authority.file)))
    assert (error.failure, error.sent) == (Failure.PROXY, False)
    assert "asks for a login (407)" in str(error)
    assert error.host == f"127.0.0.1:{proxy.port}"
    assert server.requests == []


def failure_of(client: Client) -> HttpError:
    with pytest.raises(HttpError) as caught:
        client.send("PUT", "/", {})
    return caught.value


@pytest.mark.parametrize(
    ("talk", "failure", "said"),
    [
        (says(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"), Failure.PROXY, "answered 403"),
        (says(b"HTTP/1.1 302 No\r\nLocation: /\r\n\r\n"), Failure.PROXY, "answered 302"),
        (says(b"HTTP/1.1 502 No\r\n\r\n"), Failure.PROXY, "answered 502"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), Failure.PROXY, "did not answer"),
        (says(SAID + b"HTTP/1.1 200 OK\r\n\r\n"), Failure.PROXY, "answered 200"),
        (floods(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), Failure.PROXY, "does not end"),
        (ends(b""), Failure.PROXY, "did not answer"),
        (ends(b"HTTP/1.1 200"), Failure.PROXY, "did not answer"),
        (resets(b"HTTP/1.1 200"), Failure.PROXY, "did not answer"),
        (says(b""), Failure.TIMEOUT, "no connection within 0.5 s"),
        (says(b"HTTP/1.1 200 OK\r\n"), Failure.TIMEOUT, "no connection within 0.5 s"),
        (ends(SAID), Failure.TLS, "no TLS with"),
        (says(SAID), Failure.TIMEOUT, "no connection within 0.5 s"),
    ],
)
def test_a_proxy_that_does_not_let_it_through(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, talk: Talk, failure: Failure, said: str
) -> None:
    for context in (None, authority.server()):
        with scripted_server(talk, context=context) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            seconds = 0.5 if failure is Failure.TIMEOUT else 20
            error = failure_of(Client(URL, timeout=seconds, trust=Trust(authority.file)))
        assert (error.failure, error.sent) == (failure, False)
        assert said in str(error)


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        place = f"127.0.0.1:{unused.getsockname()[1]}"
    for url, host in ((f"http://{place}", place), ("http://none.invalid:1", "none.invalid:1")):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{CANARY}@{url.removeprefix('http://')}")
        error = failure_of(Client(URL, timeout=20))
        assert (error.failure, error.sent, error.host) == (Failure.PROXY, False, host)
        assert CANARY not in repr(error) + str(error)


def test_the_certificate_behind_a_proxy_is_checked(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    for proxies, servers in (
        (False, "other.example"),
        (True, "other.example"),
        (True, "127.0.0.1"),
    ):
        with contextlib.ExitStack() as stack:
            context = authority.server("127.0.0.1" if servers == "other.example" else "x.example")
            proxy = stack.enter_context(forward_proxy(context=context if proxies else None))
            server = stack.enter_context(scripted_server(context=authority.server(servers)))
            monkeypatch.setenv("HTTPS_PROXY", proxy.url())
            error = failure_of(Client(server.url, timeout=20, trust=Trust(authority.file)))
        assert (error.failure, error.sent) == (Failure.CERTIFICATE, False)
        wrong = server.port if servers == "other.example" else proxy.port
        assert error.host == f"127.0.0.1:{wrong}"
        assert server.requests == []


def test_a_silence_behind_a_proxy_ends(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    """In TLS in TLS too a call has one time, however the bytes come."""

    def met(talk: Talk, seconds: float) -> HttpError:
        with (
            forward_proxy(context=authority.server()) as proxy,
            scripted_server(talk, context=authority.server()) as server,
        ):
            monkeypatch.setenv("HTTPS_PROXY", proxy.url())
            return failure_of(Client(server.url, timeout=seconds, trust=Trust(authority.file)))

    for talk in (says(b"HTTP/1.1 200 OK\r\n"), drips(b"HTTP/1.1 200 OK\r\nETag: x")):
        error = with_time_enough(partial(met, talk), lambda error: error.sent, seconds=0.5)
        assert (error.failure, error.sent) == (Failure.TIMEOUT, True)


def test_a_handshake_in_drops_behind_a_proxy_ends(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    """A record of TLS, of which each byte comes in a record of the proxy's."""

    def talk(peer: Peer) -> None:
        peer.read_request()
        peer.send(SAID)
        peer.drip(b"\x16\x03\x03\x3f\xff\x00")

    with scripted_server(talk, context=authority.server()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        error = failure_of(Client(URL, timeout=0.5, trust=Trust(authority.file)))
    assert (error.failure, error.sent) == (Failure.TIMEOUT, False)
    assert time.monotonic() - began < 30


def test_this_environment_names_none() -> None:
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]
    with scripted_server(answering(OK)) as server:
        client = Client(server.url, timeout=20)
        assert client.route().proxy is None
        assert client.send("GET", "/", {}).body == b"good"
        client.close()
