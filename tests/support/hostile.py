"""Hostile answers: what a server, or what stands between, may send, and what is to be made of it.

`test_hostile.py` of the HTTP path runs each through a client, and the tests of a store may run
them, with rows of their own (a body that its parser must refuse), through a whole backend.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_storage.http.errors import Failure
from tests.support.servers.scripted import Peer, Talk

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSED = b"HTTP/1.1 503 Busy\r\n"
LIMIT = 64 * 1024
"""Bytes of the body of a success that the tests of the HTTP path allow."""


@dataclass(frozen=True)
class Hostile:
    """What a server says to a request that it has read, and the failure that this is.

    All of them are `sent`. `limits` says that it is one only where the body of a success is
    limited to LIMIT bytes.
    """

    name: str
    talk: Talk
    failure: Failure
    limits: bool = False


def says(data: bytes) -> Talk:
    """These bytes; then the connection stays, silent."""

    def talk(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)
        peer.wait()

    return talk


def ends(data: bytes) -> Talk:
    """These bytes, and the end of the connection."""

    def talk(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)

    return talk


def resets(data: bytes) -> Talk:
    """These bytes, and a reset."""

    def talk(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)
        peer.wait(0.05)  # a reset throws away what was not read
        peer.reset()

    return talk


def drips(data: bytes) -> Talk:
    """These bytes one by one, the last of them without end."""

    def talk(peer: Peer) -> None:
        peer.read_request()
        peer.drip(data)

    return talk


def floods(data: bytes, piece: bytes) -> Talk:
    """These bytes, and a GiB more."""

    def talk(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)
        peer.flood(piece * (65536 // len(piece) or 1))

    return talk


def _head(lines: bytes) -> Talk:
    return says(HEAD + lines + b"\r\n\r\nhello")


def _chunks(data: bytes) -> Talk:
    return says(CHUNKED + data)


_MALFORMED: dict[str, Talk] = {
    "another protocol": says(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a record of TLS": says(b"\x15\x03\x01\x00\x02\x02\x0a" + bytes(20)),
    "a body alone": says(b"<html>hello</html>"),
    "a request": says(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "HTTP/2.0": says(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "HTTP/1.2": says(b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "HTTP/0.9": says(b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "RTSP": says(b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "Icecast": says(b"ICE/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "lines before it": says(b"\r\n\r\n" + HEAD + b"Content-Length: 0\r\n\r\n"),
    "a status of two digits": says(b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    "a status of four digits": says(b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    "a status below 100": says(b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
    "a status above 599": says(b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n"),
    "no status": says(b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"),
    "another protocol agreed to": says(
        b"HTTP/1.1 101 Go\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    ),
    "interim answers without end": floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a folded header": _head(b"ETag: a\r\n b"),
    "a space before a colon": _head(b"Content-Length : 5"),
    "a header without a colon": _head(b"ETag"),
    "a header without a name": _head(b": 5"),
    "a control character in a name": _head(b"E\x01Tag: 5"),
    "a NUL in a value": _head(b"ETag: a\0b"),
    "a carriage return in a value": _head(b"ETag: a\rb"),
    "lines that end with LF": says(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    "a length below zero": _head(b"Content-Length: -5"),
    "a length with a plus": _head(b"Content-Length: +5"),
    "a length in hex": _head(b"Content-Length: 0x5"),
    "a length as Python has it": _head(b"Content-Length: 1_0"),
    "an empty length": _head(b"Content-Length:"),
    "a list of lengths": _head(b"Content-Length: 5, 5"),
    "a length beyond 64 bits": _head(b"Content-Length: 99999999999999999999"),
    "two lengths": _head(b"Content-Length: 5\r\nContent-Length: 6"),
    "a length and chunks": _head(b"Content-Length: 5\r\nTransfer-Encoding: chunked"),
    "chunks and a length": _head(b"Transfer-Encoding: chunked\r\nContent-Length: 5"),
    "an unknown coding": _head(b"Transfer-Encoding: gzip"),
    "an unknown coding in chunks": _head(b"Transfer-Encoding: gzip, chunked"),
    "chunks in an unknown coding": _head(b"Transfer-Encoding: chunked, identity"),
    "chunks in chunks": _head(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, chunked"),
    "two ETags": _head(b'ETag: "1"\r\nETag: "2"\r\nContent-Length: 5'),
    "two ranges": _head(
        b"Content-Range: bytes 0-4/5\r\nContent-Range: bytes 0-4/6\r\nContent-Length: 5"
    ),
    "a size that is none": _chunks(b"five\r\nhello\r\n0\r\n\r\n"),
    "a size in another hex": _chunks(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a size below zero": _chunks(b"-5\r\nhello\r\n0\r\n\r\n"),
    "a size after a space": _chunks(b" 5\r\nhello\r\n0\r\n\r\n"),
    "a size beyond 64 bits": _chunks(b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    "a chunk longer than it says": _chunks(b"4\r\nhello\r\n0\r\n\r\n"),
    "a chunk shorter than it says": _chunks(b"7\r\nhello\r\n0\r\n\r\n"),
    "chunks that end with LF": _chunks(b"5\nhello\n0\n\n"),
    "a trailer without a colon": _chunks(b"0\r\nETag\r\n\r\n"),
    "a body without a length": ends(HEAD + b"\r\nhello"),
}
_TOO_LARGE: dict[str, Talk] = {
    "a header without end": floods(HEAD + b"ETag: ", b"x"),
    "headers without end": floods(HEAD, b"X-Header: x\r\n"),
    "a reason without end": floods(b"HTTP/1.1 200 ", b"O"),
    "an extension without end": floods(CHUNKED + b"5;x=", b"y"),
    "a trailer without end": floods(CHUNKED + b"5\r\nhello\r\n0\r\nX: ", b"y"),
    "trailers without end": floods(CHUNKED + b"5\r\nhello\r\n0\r\n", b"X-Trailer: y\r\n"),
    "an error page of a GiB": floods(REFUSED + b"Content-Length: 1073741824\r\n\r\n", b"x"),
    "an error page in chunks": floods(
        REFUSED + b"Transfer-Encoding: chunked\r\n\r\n", b"4\r\nbusy\r\n"
    ),
    "an error page without end": floods(REFUSED + b"\r\n", b"x"),
}
_BEYOND_LIMIT: dict[str, Talk] = {
    "a body of a GiB": floods(HEAD + b"Content-Length: 1073741824\r\n\r\n", b"x"),
    "chunks without end": floods(CHUNKED, b"5\r\nhello\r\n"),
    "a body without end": floods(HEAD + b"\r\n", b"x"),
}
_CLOSED: dict[str, Talk] = {
    "no answer, and the end": ends(b""),
    "no answer, and a reset": resets(b""),
    "half a line, and the end": ends(b"HTTP/1.1 20"),
    "half a head, and the end": ends(HEAD + b"Content-Le"),
    "half a head, and a reset": resets(HEAD + b"Content-Le"),
    "an interim answer, and the end": ends(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "half a body, and the end": ends(HEAD + b"Content-Length: 5\r\n\r\nhel"),
    "half a body, and a reset": resets(HEAD + b"Content-Length: 5\r\n\r\nhel"),
    "half a long body, and the end": ends(HEAD + b"Content-Length: 60000\r\n\r\n" + bytes(30000)),
    "half a chunk, and the end": ends(CHUNKED + b"5\r\nhel"),
    "no last chunk, and the end": ends(CHUNKED + b"5\r\nhello\r\n"),
    "half a trailer, and the end": ends(CHUNKED + b"5\r\nhello\r\n0\r\nETag: "),
}
_TIMEOUT: dict[str, Talk] = {
    "silence": says(b""),
    "silence in a line": says(b"HTTP/1.1 20"),
    "silence in a head": says(HEAD + b"Content-Length: 5\r\n"),
    "silence in a body": says(HEAD + b"Content-Length: 5\r\n\r\nhel"),
    "silence after a chunk": says(CHUNKED + b"5\r\nhello\r\n"),
    "a head byte by byte": drips(HEAD + b"ETag: x"),
    "a body byte by byte": drips(HEAD + b"Content-Length: 60000\r\n\r\nx"),
    "chunks byte by byte": drips(CHUNKED + b"1\r\nx\r\n1;"),
}
HOSTILE: list[Hostile] = [
    *(Hostile(name, talk, Failure.MALFORMED) for name, talk in _MALFORMED.items()),
    *(Hostile(name, talk, Failure.TOO_LARGE) for name, talk in _TOO_LARGE.items()),
    *(Hostile(name, talk, Failure.TOO_LARGE, limits=True) for name, talk in _BEYOND_LIMIT.items()),
    *(Hostile(name, talk, Failure.CLOSED) for name, talk in _CLOSED.items()),
    *(Hostile(name, talk, Failure.TIMEOUT) for name, talk in _TIMEOUT.items()),
]
