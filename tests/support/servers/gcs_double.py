"""A double of Google Cloud Storage's JSON API, in memory, for what fake-gcs-server does otherwise.

It follows what is documented (`gcs_rules` names the pages) for generations and preconditions of
every method, resumable sessions, pages with a delimiter, partial responses, downloads with their
headers, decompressive transcoding, and errors in their JSON. So what passes here and on
fake-gcs-server holds for requests that a real server understands, and for conditions by the
reference. It proves nothing of the service itself: a test with a real bucket does that.
"""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

from tests.support.servers.gcs_rules import GRANULE, RefusedError, Rules, Session, Stored
from tests.support.servers.serving import serving

_CONDITIONS = ("ifGenerationMatch", "ifGenerationNotMatch")
_PLAIN = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Trouble:
    """What befalls one chunk of a resumable upload: so many of its bytes are kept, rounded down as
    the service does, and then comes an answer, or the connection ends.
    """

    kept: int = 0
    status: int | None = None
    """None: the connection ends. 308 tells what was kept; any other is a bare error."""


class GcsDouble(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rules = Rules()
        self.token: str | None = None
        """The one that is taken; None: nobody is asked who he is."""
        self.troubles: list[Trouble] = []
        self.answers_questions = True
        """Whether it says how far a resumable upload has got; else the connection ends."""
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a client or a trouble has cut is no error here."""


@contextmanager
def gcs_double() -> Iterator[GcsDouble]:
    with serving(GcsDouble()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GcsDouble
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(f"{self.command} {self.path}")
        place = [unquote(each) for each in parts.path.split("/")[1:]]
        try:
            self._sign_in()
            self._route(place)
        except RefusedError as error:
            self._refuse(error, plain=self.query.get("alt") == "media")

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815  # as the base calls them

    def _route(self, place: list[str]) -> None:
        match self.command, place:
            case "POST", ["storage", "v1", "b"]:
                name = json.loads(self.body)["name"]
                self.server.rules.create(name, self.query.get("project"))
                self._json({"kind": "storage#bucket", "name": name})
            case "GET", ["storage", "v1", "b", bucket]:
                self.server.rules.page(bucket, {"maxResults": "1"})  # 404 where it is missing
                self._json({"location": "US", "storageClass": "STANDARD"})
            case "GET", ["storage", "v1", "b", bucket, "o"]:
                self._json(self.server.rules.page(bucket, self.query))
            case "GET", ["download" | "storage", *_, "b", bucket, "o", name] if (
                self.query.get("alt") == "media"
            ):
                self._download(self._found(bucket, name))
            case "GET", ["storage", "v1", "b", bucket, "o", name]:
                self._json(self._found(bucket, name).resource(bucket))
            case "DELETE", ["storage", "v1", "b", bucket, "o", name]:
                self.server.rules.delete(bucket, name, self._conditions())
                self._answer(204, {}, b"")
            case "POST", ["upload", "storage", "v1", "b", bucket, "o"]:
                self._upload(bucket)
            case "PUT" | "DELETE", ["upload", "storage", "v1", "b", _, "o"]:
                self._session()
            case _:
                raise RefusedError(404, "notFound", "Not Found")

    def _sign_in(self) -> None:
        token = self.server.token
        if token is not None and self.headers.get("Authorization") != f"Bearer {token}":
            raise RefusedError(401, "authError", "Invalid Credentials")

    def _conditions(self) -> dict[str, str]:
        return {name: self.query[name] for name in _CONDITIONS if name in self.query}

    def _found(self, bucket: str, name: str) -> Stored:
        return self.server.rules.find(bucket, name, self._conditions())

    def _download(self, found: Stored) -> None:
        data, about = found.data, found.about
        headers = {
            "Content-Type": about["contentType"],
            "Content-Disposition": "attachment",
            "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
            "Last-Modified": format_datetime(found.updated, usegmt=True),
            "X-Goog-Generation": str(found.generation),
            "X-Goog-Metageneration": "1",
            "X-Goog-Stored-Content-Encoding": about.get("contentEncoding", "identity"),
            "X-Goog-Stored-Content-Length": str(len(data)),
            "X-Goog-Storage-Class": "STANDARD",
        }
        if "contentLanguage" in about:
            headers["Content-Language"] = about["contentLanguage"]
        if "contentEncoding" in about:
            if "gzip" not in self.headers.get("Accept-Encoding", ""):
                self._answer(200, headers, gzip.decompress(data))  # ranges are left out then
                return
            headers["Content-Encoding"] = about["contentEncoding"]
        span = self.headers.get("Range")
        if span is None:
            self._answer(200, headers, data)
            return
        first, _, last = span.removeprefix("bytes=").partition("-")
        begin, end = int(first), min(int(last) if last else len(data), len(data) - 1)
        if begin >= len(data):
            raise RefusedError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
        headers["Content-Range"] = f"bytes {begin}-{end}/{len(data)}"
        self._answer(206, headers, data[begin : end + 1])

    def _upload(self, bucket: str) -> None:
        rules, name, about = self.server.rules, self.query.get("name", ""), {}
        kind, conditions, data = self.query.get("uploadType"), self._conditions(), self.body
        content_type = self.headers.get("Content-Type", "application/octet-stream")
        if kind == "media":
            about = {"contentType": content_type}
        elif kind == "multipart":
            about, data = _parts(content_type.partition("boundary=")[2], self.body)
        elif kind == "resumable":
            about = json.loads(self.body or b"{}")
        else:
            raise RefusedError(400, "invalidParameter", "Invalid upload type")
        if kind != "resumable":
            self._json(rules.write(bucket, name, data, about, conditions).resource(bucket))
            return
        rules.check_write(bucket, name, conditions)
        upload_id = uuid4().hex
        rules.sessions[upload_id] = Session(bucket, name, about, conditions)
        self._answer(200, {"Location": f"{self.server.url}{self.path}&upload_id={upload_id}"}, b"")

    def _session(self) -> None:
        rules, upload_id = self.server.rules, self.query.get("upload_id", "")
        session = rules.sessions.get(upload_id)
        if session is None:
            raise RefusedError(404, "notFound", "Not Found")
        if self.command == "DELETE":
            del rules.sessions[upload_id]
            self._answer(499, {}, b"")
            return
        span, _, total = self.headers["Content-Range"].removeprefix("bytes ").partition("/")
        trouble = None
        if span == "*":
            trouble = None if self.server.answers_questions else Trouble()
        elif self.server.troubles:
            trouble = self.server.troubles.pop(0)
        self._keep(session, span, total, trouble)
        if trouble is not None and trouble.status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif trouble is not None and trouble.status != 308:
            self._answer(trouble.status or 0, {"Content-Type": _PLAIN}, b"trouble")
        elif session.done is not None:
            self._json(session.done.resource(session.bucket))
        else:
            kept = {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {}
            self._answer(308, kept, b"")

    def _keep(self, session: Session, span: str, total: str, trouble: Trouble | None) -> None:
        if session.done is not None:
            return
        if span != "*":
            first, data = int(span.partition("-")[0]), self.body
            if first != len(session.data) or (total == "*" and len(data) % GRANULE):
                raise RefusedError(400, "invalid", "Invalid chunk")
            if trouble is not None:
                whole = trouble.kept >= len(data)
                data = data if whole else data[: trouble.kept // GRANULE * GRANULE]
            session.data += data
        if total != "*" and len(session.data) == int(total):
            session.done = self.server.rules.write(
                session.bucket, session.name, bytes(session.data), session.about, session.conditions
            )

    def _json(self, found: dict[str, Any]) -> None:
        fields = self.query.get("fields")
        shown = found if fields is None else _selected(found, fields)
        kind = {"Content-Type": "application/json; charset=UTF-8"}
        self._answer(200, kind, json.dumps(shown).encode())

    def _refuse(self, error: RefusedError, *, plain: bool) -> None:
        if plain:
            self._answer(error.status, {"Content-Type": _PLAIN}, error.message.encode())
            return
        one = {"message": error.message, "domain": "global", "reason": error.reason}
        body = {"error": {"code": error.status, "message": error.message, "errors": [one]}}
        kind = {"Content-Type": "application/json; charset=UTF-8"}
        self._answer(error.status, kind, json.dumps(body).encode())

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-GUploader-UploadID", "upload-1")
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status not in {204, 304}:
            with suppress(OSError):
                self.wfile.write(body)


def _parts(boundary: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """JSON and data of a body of multipart/related."""
    line = b"--" + boundary.encode()
    _, about, rest = body.split(line + b"\r\n", 2)
    data, _ = rest.split(b"\r\n" + line + b"--", 1)
    content = about.split(b"\r\n\r\n", 1)[1].rstrip(b"\r\n")
    return json.loads(content), data.split(b"\r\n\r\n", 1)[1]


_KNOWN = {
    "kind", "id", "name", "bucket", "generation", "metageneration", "size", "timeCreated",
    "updated", "storageClass", "contentType", "contentEncoding", "contentLanguage",
    "contentDisposition", "cacheControl", "metadata", "items", "prefixes", "nextPageToken",
    "location", "versioning", "softDeletePolicy",
}  # fmt: skip


def _selected(found: dict[str, Any], fields: str) -> dict[str, Any]:
    """A partial response: `a,b,items(c,d)`."""
    inner = ""
    if "(" in fields:
        before, _, rest = fields.partition("(")
        inner, _, behind = rest.partition(")")
        fields = before + behind
    names = fields.split(",")
    for name in (*names, *filter(None, inner.split(","))):
        if name not in _KNOWN:
            raise RefusedError(400, "invalidParameter", f"Invalid field selection {name}")
    shown = {name: found[name] for name in names if name in found}
    if inner and "items" in shown:
        shown["items"] = [_selected(item, inner) for item in shown["items"]]
    return shown
