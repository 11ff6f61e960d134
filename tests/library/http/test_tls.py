"""TLS: whom a client trusts, how it proves itself, and what is known when TLS fails."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.answers import Answer
from ingenious_storage.http.client import Client
from ingenious_storage.http.dialing import Dialing
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.places import Place
from ingenious_storage.http.tls import make_context
from ingenious_storage.http.trust import Trust
from ingenious_storage.http.waiting import Waiting
from tests.support.authority import Authority
from tests.support.hostile import ends, says
from tests.support.polling import eventually
from tests.support.servers.scripted import OK, Peer, answering, scripted_server

HEAD = b"HTTP/1.1 200 OK\r\n"


def failure_of(client: Client, method: str = "PUT") -> HttpError:
    with pytest.raises(HttpError) as caught:
        client.send(method, "/", {}, b"x" * 100)
    return caught.value


def trusting(url: str, authority: Authority, timeout: float = 5) -> Client:
    return Client(url, timeout=timeout, trust=Trust(authority.file))


def test_an_address_is_checked_and_the_connection_is_kept(authority: Authority) -> None:
    with scripted_server(context=authority.server()) as server:
        client = trusting(server.url, authority)
        for _ in range(5):
            assert client.send("GET", "/", {}).body == b"good"
        assert server.connections == 1
        assert client.route().ca_file == authority.file
        client.close()


def test_a_name_is_told_to_the_server(authority: Authority) -> None:
    told: list[str | None] = []
    context = authority.server("localhost")
    context.sni_callback = lambda _, name, __: told.append(name)
    with scripted_server(context=context) as server:
        client = trusting(f"https://localhost:{server.port}", authority)
        assert client.send("GET", "/", {}).body == b"good"
        client.close()
    assert told == ["localhost"]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_names_the_authority(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, authority.file)
    with scripted_server(context=authority.server()) as server:
        client = Client(server.url, timeout=20)
        assert client.send("GET", "/", {}).body == b"good"
        assert client.route().ca_file == authority.file
        client.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the folder")
def test_a_folder_of_authorities(authority: Authority, tmp_path: Path) -> None:
    shutil.copy(authority.file, tmp_path)
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    with scripted_server(context=authority.server()) as server:
        client = Client(server.url, timeout=20, trust=Trust(str(tmp_path)))
        assert client.send("GET", "/", {}).body == b"good"
        client.close()


def test_a_certificate_that_is_not_trusted(authority: Authority) -> None:
    with scripted_server(context=authority.server()) as server:
        error = failure_of(Client(server.url, timeout=20))
    assert (error.failure, error.sent) == (Failure.CERTIFICATE, False)
    assert error.host == f"127.0.0.1:{server.port}"
    assert server.requests == []


@pytest.mark.parametrize(
    ("names", "expired", "said"),
    [
        (("other.example",), False, "not valid for"),
        (("127.0.0.1",), True, "has expired"),
    ],
)
def test_a_certificate_that_does_not_hold(
    authority: Authority, names: tuple[str, ...], expired: bool, said: str
) -> None:
    with scripted_server(context=authority.server(*names, expired=expired)) as server:
        error = failure_of(trusting(server.url, authority))
    assert (error.failure, error.sent) == (Failure.CERTIFICATE, False)
    assert said in str(error)
    assert server.requests == []


def test_a_server_that_speaks_old_tls_only(authority: Authority) -> None:
    context = authority.server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with scripted_server(context=context) as server:
        error = failure_of(trusting(server.url, authority))
    assert (error.failure, error.sent) == (Failure.TLS, False)


def resets_later(peer: Peer) -> None:
    peer.sock.recv(1)  # else it is the connection that fails
    peer.reset()


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Failure.TLS),
        (lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.2\r\n" * 5), Failure.TLS),
        (lambda peer: None, Failure.TLS),
        (resets_later, Failure.TLS),
        (lambda peer: peer.wait(), Failure.TIMEOUT),
        (lambda peer: peer.drip(b"\x16\x03\x03\x3f\xff\x00"), Failure.TIMEOUT),
    ],
    ids=["http", "garbage", "end", "reset", "silence", "byte by byte"],
)
def test_a_handshake_that_fails(authority: Authority, reply: object, failure: Failure) -> None:
    with scripted_server(reply) as server:  # type: ignore[arg-type]
        seconds = 0.5 if failure is Failure.TIMEOUT else 20
        client = trusting(f"https://127.0.0.1:{server.port}", authority, timeout=seconds)
        error = failure_of(client)
    assert (error.failure, error.sent) == (failure, False)


def test_tls_where_http_is_expected(authority: Authority) -> None:
    with scripted_server(context=authority.server()) as server:
        error = failure_of(Client(f"http://127.0.0.1:{server.port}", timeout=20))
    assert error.sent
    assert error.failure in {Failure.MALFORMED, Failure.CLOSED}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate(authority: Authority, version: ssl.TLSVersion) -> None:
    context = authority.server(asks=True)
    context.maximum_version = version
    with scripted_server(context=context) as server:
        trust = Trust(authority.file, *authority.client())
        client = Client(server.url, timeout=20, trust=trust)
        assert client.send("GET", "/", {}).body == b"good"
        client.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("is_shown", [False, True])
def test_a_client_certificate_that_is_not_accepted(
    authority: Authority, tmp_path: Path, version: ssl.TLSVersion, is_shown: bool
) -> None:
    context = authority.server(asks=True)
    context.maximum_version = version
    theirs = Authority(tmp_path).client() if is_shown else ()
    with scripted_server(context=context) as server:
        client = Client(server.url, timeout=20, trust=Trust(authority.file, *theirs))
        error = failure_of(client)
    assert not error.sent
    # TLS 1.2 has no word of its own for a certificate that is missing.
    is_told = is_shown or version is ssl.TLSVersion.TLSv1_3
    assert error.failure is (Failure.IDENTITY if is_told else Failure.TLS)
    assert server.requests == []


def test_a_refusal_that_is_there_before_the_request(authority: Authority, tmp_path: Path) -> None:
    """By TLS 1.3 this side is done, and may not have sent yet, when the peer breaks off."""
    theirs, waiting = Authority(tmp_path).client(), Waiting(5)
    with scripted_server(context=authority.server(asks=True)) as server:
        connection = Dialing(waiting).connect(
            Place("127.0.0.1", server.port),
            is_secure=True,
            proxy=None,
            context=make_context(Trust(authority.file, *theirs)),
        )
        assert eventually(lambda: server.is_done)
        with pytest.raises(HttpError) as caught:
            connection.exchange(b"GET / HTTP/1.1\r\n\r\n", b"", Answer("GET", 0), waiting)
        connection.close()
    assert (caught.value.failure, caught.value.sent) == (Failure.IDENTITY, False)


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (Trust("/none.pem"), "no CA file '/none.pem'"),
        (Trust(__file__), "cannot be used"),
        (Trust(None, "/none.pem"), "no client certificate '/none.pem'"),
        (Trust(None, __file__), "cannot be used"),
        (Trust(None, __file__, "/none.key"), "no key of a client certificate '/none.key'"),
    ],
)
def test_files_that_are_no_certificates(trust: Trust, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client("https://127.0.0.1:1", timeout=20, trust=trust).send("GET", "/", {})
    assert said in str(caught.value)


def test_an_encrypted_key_asks_nobody(authority: Authority, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form

    certificate, key = authority.client()
    loaded = form.load_pem_private_key(Path(key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        loaded.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"secret")
        )
    )
    client = Client("https://127.0.0.1:1", timeout=20, trust=Trust(None, certificate, str(locked)))
    with pytest.raises(ConfigurationError, match="its key is encrypted"):
        client.send("GET", "/", {})


def test_a_named_certificate_file_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL would trust nobody, or somebody else, in silence."""
    monkeypatch.setenv("SSL_CERT_FILE", "/none.pem")
    with pytest.raises(ConfigurationError, match=r"no CA file '/none.pem'") as caught:
        Client("https://127.0.0.1:1", timeout=20).send("GET", "/", {})
    assert "SSL_CERT_FILE" in caught.value.hint


def test_an_end_that_nobody_signed(authority: Authority) -> None:
    def cut(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 502 Bad\r\n\r\nhalf of a page")
        peer.wait(0.1)
        peer.reset()

    with scripted_server(cut, context=authority.server()) as server:
        error = failure_of(trusting(server.url, authority))
    assert (error.failure, error.sent) == (Failure.CLOSED, True)
    with scripted_server(
        ends(b"HTTP/1.1 502 Bad\r\n\r\na whole page"), context=authority.server()
    ) as server:
        client = trusting(server.url, authority)
        assert client.send("GET", "/", {}).body == b"a whole page"


def test_what_comes_in_the_record_of_a_long_body_is_no_other_answer(authority: Authority) -> None:
    """No look at the socket shows what TLS has decrypted already."""
    size = 400_000
    reply = HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * size + OK.replace(b"good", b"evil")
    with scripted_server(says(reply), answering(OK), context=authority.server()) as server:
        client = trusting(server.url, authority)
        assert client.send("GET", "/", {}).body == b"x" * size
        assert client.send("GET", "/", {}).body == b"good"
        client.close()


def test_a_long_body_is_sent_whole(authority: Authority) -> None:
    body = bytes(range(256)) * 20_000
    with scripted_server(context=authority.server()) as server:
        client = trusting(server.url, authority)
        assert client.send("PUT", "/", {}, body).body == b"good"
        client.close()
    assert server.requests[0].endswith(b"\r\n\r\n" + body)
