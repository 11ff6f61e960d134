"""Hostile answers: each raises a StorageError that says whether a write may have landed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ingenious_storage.backends.base import GetOptions, Properties, PutOptions
from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.config.buckets.gcs import GcsAccount
from ingenious_storage.errors import InvalidDataError, InvalidKeyError, StorageError
from ingenious_storage.testing.contract.large_objects import MIB
from tests.support.servers.canned import CannedServer, answer, canned_server
from tests.support.servers.scripted import Peer, answering, scripted_server

GOOD = {
    "X-Goog-Generation": "17",
    "X-Goog-Stored-Content-Length": "10",
    "X-Goog-Stored-Content-Encoding": "identity",
    "Last-Modified": "Sun, 29 Nov 2026 10:00:00 GMT",
    "Content-Type": "text/plain",
}
TEN = b"0123456789"
ITEM = (
    b'{"name": "k", "generation": "17", "size": "10", "updated": "2026-11-29T10:00:00.5Z",'
    b' "contentType": "text/plain"}'
)


@contextmanager
def opened(url: str) -> Iterator[GcsBackend]:
    backend = GcsBackend(GcsAccount(url, is_anonymous=True, timeout=30), "bucket")
    yield backend
    backend.close()


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with canned_server() as canned:
        yield canned


@pytest.fixture
def backend(server: CannedServer) -> Iterator[GcsBackend]:
    with opened(server.account_url) as backend:
        yield backend


def media(status: int = 200, body: bytes = TEN, **changed: str | None) -> bytes:
    """A download; `X_Goog_Generation=None` leaves that header out."""
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return answer(
        status, headers={name: value for name, value in headers.items() if value}, body=body
    )


def test_the_answers_of_these_tests_are_right_before_they_are_changed(
    server: CannedServer, backend: GcsBackend
) -> None:
    server.replies = [media()]
    assert backend.get("k").data == TEN
    server.replies = [answer(200, body=ITEM)]
    assert backend.head("k").etag == backend.put("k", TEN).etag == "17"
    server.replies = [media(206, b"234", Content_Range="bytes 2-4/10")]
    assert backend.get("k", GetOptions((2, 3))).data == b"234"
    server.replies = [media()]  # a range that a server does not know
    assert backend.get("k", GetOptions((2, 3))).data == b"234"
    server.replies = [answer(200, body=b'{"items": [%s], "prefixes": ["a/"]}' % ITEM)]
    assert [blob.key for blob in backend.list().blobs] == ["k"]


DOWNLOADS = {
    "no generation": media(X_Goog_Generation=None),
    "a generation of letters": media(X_Goog_Generation="abc"),
    "generation 0": media(X_Goog_Generation="0"),
    "a negative generation": media(X_Goog_Generation="-5"),
    "an endless generation": media(X_Goog_Generation="1" * 5000),
    "two generations": media().replace(b"X-Goog-Gen", b"X-Goog-Generation: 18\r\nX-Goog-Gen", 1),
    "no date": media(Last_Modified=None),
    "a date that is none": media(Last_Modified="yesterday"),
    "a date beyond all years": media(Last_Modified=f"Sun, 29 Nov {'9' * 30} 10:00:00 GMT"),
    "more stored than came": media(X_Goog_Stored_Content_Length="11"),
    "less stored than came": media(X_Goog_Stored_Content_Length="9"),
    "a stored length of letters": media(X_Goog_Stored_Content_Length="ten"),
    "unpacked on its way": media(X_Goog_Stored_Content_Encoding="gzip"),
    "packed otherwise": media(X_Goog_Stored_Content_Encoding="gzip", Content_Encoding="br"),
    "a part of nothing that was asked for": media(206, TEN, Content_Range="bytes 5-14/99"),
    "a part without its place": media(206),
}


@pytest.mark.parametrize("reply", DOWNLOADS.values(), ids=DOWNLOADS)
def test_downloads(server: CannedServer, backend: GcsBackend, reply: bytes) -> None:
    server.replies = [reply]
    unusable(lambda: backend.get("k"), "get", lands=False)


PARTS = {
    "another place": "bytes 3-5/10",
    "longer than what came": "bytes 2-9/10",
    "shorter than what came": "bytes 2-3/10",
    "beyond its own size": "bytes 2-4/4",
    "no size": "bytes 2-4/*",
    "another unit": "lines 2-4/10",
    "another size than is stored": "bytes 2-4/11",
    "letters": "bytes a-b/c",
    "nothing": "bytes",
    "negative": "bytes -2-4/10",
    "endless": f"bytes 2-4/{'9' * 5000}",
}


@pytest.mark.parametrize("place", PARTS.values(), ids=PARTS)
def test_ranges(server: CannedServer, backend: GcsBackend, place: str) -> None:
    server.replies = [media(206, b"234", Content_Range=place)]
    unusable(lambda: backend.get("k", GetOptions((2, 3))), "get", lands=False)


def test_a_range_that_is_cut(server: CannedServer, backend: GcsBackend) -> None:
    server.replies = [media(206, b"23", Content_Range="bytes 2-3/10")]
    unusable(lambda: backend.get("k", GetOptions((2, 3))), "get", lands=False)


RESOURCES = {
    "nothing": b"",
    "cut": ITEM[:-5],
    "an array": b"[]",
    "null": b"null",
    "a number": b"7",
    "no UTF-8": b'{"generation": "\xff"}',
    "no generation": ITEM.replace(b"generation", b"x"),
    "a generation that is a number": ITEM.replace(b'"17"', b"17"),
    "a generation of letters": ITEM.replace(b'"17"', b'"1e3"'),
    "no size": ITEM.replace(b"size", b"x"),
    "a negative size": ITEM.replace(b'"10"', b'"-1"'),
    "a size of letters": ITEM.replace(b'"10"', b'"ten"'),
    "an infinite size": ITEM.replace(b'"10"', b"1e400"),
    "no time": ITEM.replace(b"updated", b"x"),
    "a time without a zone": ITEM.replace(b".5Z", b""),
    "a time that is none": ITEM.replace(b"2026-11", b"2026-13"),
    "a time that is a number": ITEM.replace(b'"2026-11-29T10:00:00.5Z"', b"5"),
    "deeply nested": b'{"generation": ' + b"[" * 100_000,
    "HTML": b"<html>Welcome to the hotel</html>",
}


@pytest.mark.parametrize("body", RESOURCES.values(), ids=RESOURCES)
def test_resources(server: CannedServer, backend: GcsBackend, body: bytes) -> None:
    server.replies = [answer(200, body=body)]
    unusable(lambda: backend.head("k"), "head", lands=False)
    unusable(lambda: backend.put("k", b""), "put", lands=True)
    unusable(lambda: backend.upload("k", io.BytesIO()), "upload", lands=True)


LISTINGS = {
    **{f"an item: {name}": b'{"items": [%s]}' % body for name, body in RESOURCES.items()},
    "cut": b'{"items": [%s' % ITEM,
    "items that are a number": b'{"items": 7}',
    "an item without a name": b'{"items": [%s]}' % ITEM.replace(b'"k"', b"7"),
    "metadata of numbers": b'{"items": [%s]}' % ITEM.replace(b"{", b'{"metadata": {"a": 1}, '),
    "a type that is a list": b'{"items": [%s]}' % ITEM.replace(b'"text/plain"', b"[1]"),
    "prefixes of numbers": b'{"prefixes": [1]}',
    "a token that is a list": b'{"nextPageToken": [1]}',
}
del LISTINGS["an item: nothing"]  # is an empty list


@pytest.mark.parametrize("body", LISTINGS.values(), ids=LISTINGS)
def test_listings(server: CannedServer, backend: GcsBackend, body: bytes) -> None:
    server.replies = [answer(200, body=body)]
    unusable(backend.list, "list", lands=False)


SESSIONS = {
    "none": None,
    "no URL": "http://[",
    "a space": "/up load?upload_id=1",
    "no path": "http://elsewhere",
    "beyond ASCII": "/\u00fc?upload_id=1",
}


@pytest.mark.parametrize("location", SESSIONS.values(), ids=SESSIONS)
def test_a_session_that_is_nowhere(
    server: CannedServer, backend: GcsBackend, location: str | None
) -> None:
    headers = {} if location is None else {"Location": location}
    server.replies = [answer(200, headers=headers)]
    unusable(lambda: backend.upload("k", io.BytesIO(bytes(9 * MIB))), "upload", lands=False)
    assert len(server.requests) == 1


def begun(server: CannedServer, *replies: bytes) -> None:
    """A session, and what its chunks are answered."""
    location = {"Location": "https://elsewhere.example/session?upload_id=1"}
    server.replies = [answer(200, headers=location), *replies]


def test_a_session_elsewhere_gets_no_bytes(server: CannedServer, backend: GcsBackend) -> None:
    whole = ITEM.replace(b'"10"', b'"%d"' % (9 * MIB))
    begun(server, answer(308, headers={"Range": f"bytes=0-{8 * MIB - 1}"}), answer(200, body=whole))
    assert backend.upload("k", io.BytesIO(bytes(9 * MIB))).etag == "17"
    assert server.requests[1:] == ["PUT /session?upload_id=1 HTTP/1.1"] * 2


def test_an_object_that_is_not_all_of_what_was_sent(
    server: CannedServer, backend: GcsBackend
) -> None:
    """fake-gcs-server makes an object of what has arrived, when it is asked what has."""
    server.replies = [answer(200, body=ITEM)]
    unusable(lambda: backend.put("k", b"123456789"), "put", lands=True)
    part = ITEM.replace(b'"10"', b'"%d"' % (8 * MIB))
    begun(server, answer(308, headers={"Range": f"bytes=0-{8 * MIB - 1}"}), answer(200, body=part))
    unusable(lambda: backend.upload("k", io.BytesIO(bytes(9 * MIB))), "upload", lands=True)


CHUNKS = {
    "more than was sent": answer(308, headers={"Range": f"bytes=0-{8 * MIB}"}),
    "letters": answer(308, headers={"Range": "bytes=0-x"}),
    "not from the beginning": answer(308, headers={"Range": "bytes=5-1000"}),
    "nothing": answer(308, headers={"Range": "bytes="}),
}


@pytest.mark.parametrize("reply", CHUNKS.values(), ids=CHUNKS)
def test_what_cannot_have_arrived(server: CannedServer, backend: GcsBackend, reply: bytes) -> None:
    begun(server, reply)
    with pytest.raises(StorageError, match="has lost a part of the upload") as caught:
        backend.upload("k", io.BytesIO(bytes(9 * MIB)))
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)


def test_an_upload_that_ends_too_early(server: CannedServer, backend: GcsBackend) -> None:
    begun(server, answer(200, body=ITEM))
    with pytest.raises(StorageError, match="before the last chunk") as caught:
        backend.upload("k", io.BytesIO(bytes(9 * MIB)))
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, True)


def test_a_date_that_is_missing(server: CannedServer, backend: GcsBackend) -> None:
    server.replies = [answer(200, body=b"{}")]
    unusable(backend.now, "now", lands=False)


@pytest.mark.parametrize("status", [200, 403, 500])
def test_a_gigabyte_where_some_lines_are_expected(status: int) -> None:
    def flood(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, 1 << 30))
        peer.flood(b'{"error": ' * 6000)

    with scripted_server(flood) as server, opened(server.url) as backend:
        unusable(lambda: backend.head("k"), "head", lands=False)
        unusable(lambda: backend.put("k", b""), "put", lands=True)
        unusable(backend.list, "list", lands=False)


def test_an_answer_that_is_lost() -> None:
    def cut(peer: Peer) -> None:
        peer.read_request()

    with scripted_server(cut) as server, opened(server.url) as backend:
        unusable(lambda: backend.put("k", b""), "put", lands=True)
        unusable(lambda: backend.delete("k"), "delete", lands=True)
        unusable(lambda: backend.get("k"), "get", lands=False)
    with opened(server.url) as backend:  # nobody is there any more
        unusable(lambda: backend.put("k", b""), "put", lands=False)


def test_nothing_is_sent_for_what_is_no_key_or_type(
    server: CannedServer, backend: GcsBackend
) -> None:
    for key in (
        "",
        ".",
        "..",
        "a\nb",
        "a\rb",
        ".well-known/acme-challenge/x",
        "k" * 1025,
        "\ud800",
    ):
        for call in (
            lambda key=key: backend.put(key, b""),
            lambda key=key: backend.get(key),
            lambda key=key: backend.head(key),
            lambda key=key: backend.delete(key),
            lambda key=key: backend.upload(key, io.BytesIO(b"1")),
        ):
            with pytest.raises(InvalidKeyError):
                call()
    for options in (
        PutOptions("text/plain\r\nX-Evil: 1"),
        PutOptions("tëxt"),
        PutOptions(""),
        PutOptions(properties=Properties(metadata={"a": "\ud800"})),
    ):
        with pytest.raises(InvalidDataError):
            backend.put("k", b"", options)
        with pytest.raises(InvalidDataError):
            backend.upload("k", io.BytesIO(b"1"), options)
    assert server.requests == []


def unusable(call: Callable[[], object], operation: str, *, lands: bool) -> None:
    with pytest.raises(StorageError) as caught:
        call()
    error = caught.value
    assert error.operation == operation
    assert error.code in {"unavailable", "timeout"}
    assert error.retryable
    assert error.outcome_unknown is lands
    assert error.hint


def test_scripted_answers_are_kept_alive() -> None:
    """The answers above travel as real ones do, on one connection."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ITEM), ITEM)
    with scripted_server(answering(reply)) as server, opened(server.url) as backend:
        assert backend.head("k").etag == backend.head("k").etag == "17"
        assert server.connections == 1
