"""Request heads: whatever a caller gives, one request leaves, and it is the one that was given."""

from __future__ import annotations

import io
from http.client import parse_headers
from typing import Any

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingenious_storage.http.heads import request_head

EVIL = [
    "\r\n",
    "\r",
    "\n",
    "\0",
    "\x85",
    "\u2028",
    "\x0b",
    " ",
    "\t",
    ":",
    "x: y\r\nHost: evil",
    "é",
    "世",
]
TEXT = st.lists(st.sampled_from(EVIL) | st.text(max_size=5), max_size=4).map("".join)
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
NAMES = st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True) | TEXT


class Seen:
    """What llhttp, the parser of Node, makes of bytes."""

    def __init__(self, data: bytes) -> None:
        self.requests: list[tuple[bytes, bytes, list[tuple[bytes, bytes]]]] = []
        self.bodies = b""
        self._url, self._headers = b"", list[tuple[bytes, bytes]]()
        parser: Any = httptools.HttpRequestParser(self)
        self._parser = parser
        parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value.strip(b" \t")))

    def on_body(self, body: bytes) -> None:
        self.bodies += body

    def on_message_complete(self) -> None:
        self.requests.append((self._parser.get_method(), self._url, self._headers))
        self._url, self._headers = b"", []


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE"]) | TEXT,
    target=ASCII.map("/".__add__) | TEXT,
    headers=st.dictionaries(NAMES, TEXT | ASCII, max_size=5),
    body=st.sampled_from([b"", b"x", b"GET / HTTP/1.1\r\n\r\n"]),
)
@settings(max_examples=200, deadline=None)
def test_one_request_leaves(method: str, target: str, headers: dict[str, str], body: bytes) -> None:
    try:
        head = request_head(method, target, "a.example", headers, len(body))
    except ValueError:
        return
    assert head.count(b"\r\n\r\n") == 1
    lines = head[:-4].split(b"\r\n")
    assert lines[0] == f"{method} {target} HTTP/1.1".encode()
    given_now = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    wanted = [(b"Host", b"a.example"), *given_now]
    if body or method in {"PUT", "POST", "PATCH"}:
        wanted.append((b"Content-Length", str(len(body)).encode()))
    assert lines[1:] == [name + b": " + value for name, value in wanted]
    # Python's own reader takes other characters for line ends than a server does.
    others = parse_headers(io.BytesIO(head.partition(b"\r\n")[2])).items()
    assert len(others) == len(wanted)
    try:
        seen = Seen(head + body)
    except httptools.HttpParserError:
        return  # a method that is not HTTP's, or a control character in a value: refused whole
    assert seen.bodies == body
    stripped = [(name, value.strip(b" \t")) for name, value in wanted]
    assert seen.requests == [(method.encode(), target.encode(), stripped)]


@pytest.mark.parametrize("evil", ["\r\nX: y", "\rX: y", "\nX: y", "\0", "世"])
@pytest.mark.parametrize("place", ["method", "target", "host", "name", "value"])
def test_what_ends_a_line_is_refused(evil: str, place: str) -> None:
    given = {"method": "GET", "target": "/", "host": "a.example", "name": "X-A", "value": "b"}
    given[place] += evil
    headers = {given["name"]: given["value"]}
    with pytest.raises(ValueError, match=r"line|header"):
        request_head(given["method"], given["target"], given["host"], headers, 0)


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "a b", ""],
)  # fmt: skip
def test_the_framing_is_nobody_elses(name: str) -> None:
    with pytest.raises(ValueError, match="a header has a name"):
        request_head("GET", "/", "a.example", {name: "x"}, 0)


@pytest.mark.parametrize("target", ["", "/a b", "/ü", "/a\tb", "/\x7f", "/a HTTP/1.1"])
def test_a_target_is_encoded(target: str) -> None:
    with pytest.raises(ValueError, match="the request line"):
        request_head("GET", target, "a.example", {}, 0)
