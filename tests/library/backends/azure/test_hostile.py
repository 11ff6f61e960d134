"""Answers that no Azure gives, to a whole backend: each is an error that says what it means."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from pydantic import SecretStr

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.backends.base import Backend, GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import StorageError, UnavailableError
from ingenious_storage.http.errors import Failure, HttpError
from tests.support.hostile import HOSTILE, Hostile
from tests.support.servers.canned import CannedServer, answer, canned_server
from tests.support.servers.scripted import scripted_server

MIB = 1024 * 1024
BLOB = {"ETag": '"0x1"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
DATE = "<Last-Modified>Mon, 02 Nov 2026 10:00:00 GMT</Last-Modified>"
PROPERTIES = f"<Etag>0x1</Etag>{DATE}<Content-Length>1</Content-Length>"
GOOD = f"<Blob><Name>a</Name><Properties>{PROPERTIES}</Properties></Blob>"
ENTITIES = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
BOMB = f'<!DOCTYPE x [<!ENTITY e0 "0123456789">{ENTITIES}]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
Do = Callable[[Backend], object]


def account(url: str) -> AzureAccount:
    kind, key = CredentialKind.ACCOUNT_KEY, SecretStr("c2VjcmV0")
    return AzureAccount(url, "canned", kind, account_key=key, timeout=30)


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with canned_server() as server:
        yield server


@pytest.fixture
def backend(server: CannedServer) -> Iterator[Backend]:
    with closing(AzureBlobBackend(account(server.account_url), "container")) as backend:
        yield backend


def error_of(call: Do, backend: Backend) -> StorageError:
    """In time, in bounded memory."""
    began = time.monotonic()
    tracemalloc.start()
    with pytest.raises(StorageError) as caught:
        call(backend)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert time.monotonic() - began < 60
    return caught.value


def listing(inside: str, *, before: str = "", end: str = "</EnumerationResults>") -> bytes:
    text = f'<?xml version="1.0" encoding="utf-8"?>{before}<EnumerationResults>{inside}{end}'
    return text.encode()


def blobs(*properties: str, name: str = "<Name>a</Name>") -> bytes:
    return listing(
        "".join(
            f"<Blobs><Blob>{name}<Properties>{each}</Properties></Blob></Blobs>"
            for each in properties
        )
    )


LISTINGS = {
    "nothing": b"",
    "HTML": b"<html><body>sign in</body></html>",
    "JSON": b'{"value": []}',
    "cut in a tag": blobs(PROPERTIES)[:-60],
    "cut at an end": listing(f"<Blobs>{GOOD}", end=""),
    "two roots": listing("") + listing(""),
    "entities that grow": listing("<Blobs>&e12;</Blobs>", before=BOMB),
    "an entity of a file": listing("<Blobs>&e;</Blobs>", before=EXTERNAL),
    "an entity that is none": listing("<Blobs>&nobody;</Blobs>"),
    "not UTF-8": listing("<Blobs>\xff</Blobs>").replace(b"\xc3\xbf", b"\xff"),
    "nested for ever": listing("<a>" * 100_000, end=""),
    "a name without end": blobs(PROPERTIES, name=f"<Name>{'a' * 1_000_000}</Name>"),
    "no name": blobs(PROPERTIES, name=""),
    "an empty name": blobs(PROPERTIES, name="<Name></Name>"),
    "an encoded name that is none": blobs(PROPERTIES, name='<Name Encoded="true">%ff</Name>'),
    "no ETag": blobs(f"{DATE}<Content-Length>1</Content-Length>"),
    "an empty ETag": blobs(f"<Etag/>{DATE}<Content-Length>1</Content-Length>"),
    "no date": blobs("<Etag>0x1</Etag><Content-Length>1</Content-Length>"),
    "a date that is none": blobs(PROPERTIES.replace("Mon, 02 Nov", "Someday")),
    "a date beyond the calendar": blobs(PROPERTIES.replace("2026", "99999999999999999999")),
    "no size": blobs(f"<Etag>0x1</Etag>{DATE}"),
    "a size that is none": blobs(PROPERTIES.replace(">1<", ">many<")),
    "a size below nothing": blobs(PROPERTIES.replace(">1<", ">-1<")),
    "a size without end": blobs(PROPERTIES.replace(">1<", f">{'9' * 5000}<")),
}


@pytest.mark.parametrize("body", LISTINGS.values(), ids=LISTINGS)
def test_a_listing_that_is_none(body: bytes, server: CannedServer, backend: Backend) -> None:
    server.replies = [answer(200, body=body)]
    error = error_of(lambda backend: backend.list(), backend)
    assert type(error) is UnavailableError
    assert (error.operation, error.outcome_unknown) == ("list", False)
    assert len(server.requests) == 1


def test_a_good_listing_is_read(server: CannedServer, backend: Backend) -> None:
    """What is not known is passed over, also elements with text of their own."""
    odd = "<Other><More>x</More></Other><OrMetadata/><Blob2><Name>n</Name></Blob2>"
    server.replies = [answer(200, body=b"\xef\xbb\xbf" + listing(f"<Blobs>{GOOD}{odd}</Blobs>"))]
    page = backend.list()
    assert [blob.key for blob in page.blobs] == ["a"]
    assert page.token is None


PUT: Do = lambda backend: backend.put("k", b"x")  # noqa: E731
CREATE: Do = lambda backend: backend.put("k", b"x", PutOptions(condition=IfAbsent()))  # noqa: E731
SWAP: Do = lambda backend: backend.put("k", b"x", PutOptions(condition=IfMatch('"1"')))  # noqa: E731
UPLOAD: Do = lambda backend: backend.upload("k", io.BytesIO())  # noqa: E731
GET: Do = lambda backend: backend.get("k")  # noqa: E731
PART: Do = lambda backend: backend.get("k", GetOptions((5, 4)))  # noqa: E731
HEAD: Do = lambda backend: backend.head("k")  # noqa: E731
NOW: Do = lambda backend: backend.now()  # noqa: E731


def without(name: str) -> dict[str, str]:
    return {each: value for each, value in BLOB.items() if each != name}


def ranged(said: str) -> dict[str, str]:
    return BLOB | {"Content-Range": said}


WRITTEN = {
    "no ETag": answer(201, headers=without("ETag")),
    "an empty ETag": answer(201, headers=BLOB | {"ETag": ""}),
    "no date": answer(201, headers=without("Last-Modified")),
    "a date that is none": answer(201, headers=BLOB | {"Last-Modified": "soon"}),
    "a page of a proxy": answer(200, body=b"<html>sign in</html>"),
    "a redirect": answer(307, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
}


@pytest.mark.parametrize("call", [PUT, CREATE, SWAP, UPLOAD], ids=["put", "create", "swap", "up"])
@pytest.mark.parametrize("reply", WRITTEN.values(), ids=WRITTEN)
def test_an_answer_to_a_write(
    reply: bytes, call: Do, server: CannedServer, backend: Backend
) -> None:
    """A success may have written, whatever it says; a redirect has not."""
    server.replies = [reply]
    error = error_of(call, backend)
    is_success = reply.startswith(b"HTTP/1.1 20")
    assert error.outcome_unknown is is_success
    assert isinstance(error, UnavailableError) is is_success
    assert len(server.requests) == 1


READ = {
    "no ETag": (GET, answer(200, headers=without("ETag"), body=b"x")),
    "no date": (GET, answer(200, headers=without("Last-Modified"), body=b"x")),
    "a part of it": (GET, answer(206, headers=ranged("bytes 0-0/9"), body=b"x")),
    "nothing": (GET, answer(204, headers=BLOB)),
    "the whole": (PART, answer(200, headers=BLOB, body=b"0123456789")),
    "no range": (PART, answer(206, headers=BLOB, body=b"5678")),
    "another range": (PART, answer(206, headers=ranged("bytes 4-7/10"), body=b"4567")),
    "a shorter range": (PART, answer(206, headers=ranged("bytes 5-7/10"), body=b"567")),
    "a longer range": (PART, answer(206, headers=ranged("bytes 5-9/10"), body=b"56789")),
    "less than it says": (PART, answer(206, headers=ranged("bytes 5-8/10"), body=b"56")),
    "more than it says": (PART, answer(206, headers=ranged("bytes 5-8/10"), body=b"56789")),
    "an unknown size": (PART, answer(206, headers=ranged("bytes 5-8/*"), body=b"5678")),
    "other units": (PART, answer(206, headers=ranged("lines 5-8/10"), body=b"5678")),
    "several ranges": (PART, answer(206, headers=ranged("bytes 5-6,8-9/10"), body=b"5678")),
    "no numbers": (PART, answer(206, headers=ranged("bytes five"), body=b"5678")),
    "head: no length": (HEAD, b"HTTP/1.1 200 OK\r\nETag: 1\r\nLast-Modified: x\r\n\r\n"),
    "head: no ETag": (HEAD, answer(200, headers=without("ETag"))),
    "now: no date": (NOW, answer(200)),
    "now: a date that is none": (NOW, answer(200, headers={"Date": "9"})),
}


@pytest.mark.parametrize(("call", "reply"), READ.values(), ids=READ)
def test_an_answer_to_a_read(
    call: Do, reply: bytes, server: CannedServer, backend: Backend
) -> None:
    server.replies = [reply]
    error = error_of(call, backend)
    assert type(error) is UnavailableError
    assert error.retryable
    assert not error.outcome_unknown
    assert len(server.requests) == 1


@pytest.mark.parametrize("row", HOSTILE, ids=lambda row: row.name)
def test_what_is_no_http(row: Hostile) -> None:
    """Each row of the HTTP path, through the backend: what it means for a write."""
    if row.limits:
        pytest.skip("a blob may have that size")
    with scripted_server(row.talk) as server:
        kind, key = CredentialKind.ACCOUNT_KEY, SecretStr("c2VjcmV0")
        url = f"{server.url}/canned"
        seconds = 0.4 if row.failure is Failure.TIMEOUT else 30.0
        store = AzureBlobBackend(
            AzureAccount(url, "canned", kind, account_key=key, timeout=seconds), "container"
        )
        with closing(store):
            error = error_of(PUT, store)
        assert error.outcome_unknown
        assert isinstance(error.__cause__, HttpError)
        assert error.__cause__.failure is row.failure


def test_a_success_of_another_server_is_no_container(
    server: CannedServer, backend: Backend
) -> None:
    """A web server that answers 200 to whatever it is asked must not look healthy."""
    server.replies = [answer(200, headers={"Content-Type": "text/html"})]
    with pytest.raises(UnavailableError):
        backend.container_exists()


def test_a_code_that_is_none_is_not_repeated(server: CannedServer, backend: Backend) -> None:
    """A header may hold 60 KB, or what was asked, signature and all."""
    for code in ("a b", "x" * 5000, "sig=abc%3D"):
        server.replies = [answer(400, code, headers={"x-ms-request-id": code})]
        with pytest.raises(StorageError) as caught:
            backend.get("k")
        assert caught.value.service_code is None
        assert code not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "reply"),
    [
        (lambda backend: backend.list(), answer(200, body=b"<ListBucketResult/>")),
        (lambda backend: backend.now(), answer(200, body=b"<ListBucketResult/>")),
        (PART, answer(206, headers=ranged("bytes five"), body=b"5678")),
    ],
)
def test_the_sdk_too_raises_nothing_of_its_own(
    call: Do, reply: bytes, server: CannedServer
) -> None:
    server.replies = [reply] * 3
    with (
        closing(SdkAzureBlobBackend(account(server.account_url), "container")) as backend,
        pytest.raises(UnavailableError) as caught,
    ):
        call(backend)
    assert not caught.value.outcome_unknown
