"""fake-gcs-server does what the tests rely on; a version that changes is noticed here."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.support.servers.fake_gcs import GcsServer

STALE = "1"


class Bucket:
    """A bucket of its own, by bare requests of the JSON API."""

    def __init__(self, server: GcsServer, name: str) -> None:
        self._server, self._name = server, name
        self._send("POST", "/storage/v1/b?project=tests", json.dumps({"name": name}).encode())

    def put(self, key: str, kind: str = "multipart", **conditions: str) -> str:
        """The generation of what was written, or the status of the refusal."""
        query = urllib.parse.urlencode({"uploadType": kind, "name": key, **conditions})
        body, content_type = b"same", "text/plain"
        if kind == "multipart":
            parts = (b"application/json\r\n\r\n{}", b"text/plain\r\n\r\nsame")
            body = b"".join(b"--x\r\nContent-Type: " + part + b"\r\n" for part in parts) + b"--x--"
            content_type = "multipart/related; boundary=x"
        target = f"/upload/storage/v1/b/{self._name}/o?{query}"
        status, answer = self._send("POST", target, body, content_type)
        return str(json.loads(answer)["generation"]) if status == 200 else f"{status}"

    def get(self, key: str, **conditions: str) -> tuple[int, bytes]:
        return self._send("GET", self._object(key, alt="media", **conditions))

    def delete(self, key: str, **conditions: str) -> tuple[int, bytes]:
        return self._send("DELETE", self._object(key, **conditions))

    def list(self, **query: str) -> dict[str, Any]:
        target = f"/storage/v1/b/{self._name}/o?{urllib.parse.urlencode(query)}"
        page: dict[str, Any] = json.loads(self._send("GET", target)[1])
        return page

    def _object(self, key: str, **query: str) -> str:
        name = urllib.parse.quote(key, safe="")
        return f"/storage/v1/b/{self._name}/o/{name}?{urllib.parse.urlencode(query)}"

    def _send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(self._server.endpoint + target, body, method=method)
        request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@pytest.fixture
def bucket(fake_gcs: GcsServer, container_name: str) -> Bucket:
    return Bucket(fake_gcs, container_name)


def test_conditions_of_writes_are_kept(bucket: Bucket) -> None:
    first = bucket.put("k", ifGenerationMatch="0")
    assert bucket.put("k", ifGenerationMatch="0") == "412"
    second = bucket.put("k", ifGenerationMatch=first)
    assert second != first, "equal bytes, another generation"
    assert bucket.put("k", ifGenerationMatch=first) == "412"
    assert bucket.put("none", ifGenerationMatch=first) == "412"


def test_conditions_of_bare_uploads_are_ignored(bucket: Bucket) -> None:
    """Those without a part for the metadata; resumable ones as well."""
    bucket.put("k")
    assert bucket.put("k", "media", ifGenerationMatch="0") != "412"


def test_conditions_of_reads_and_deletes_are_ignored(bucket: Bucket) -> None:
    generation = bucket.put("k")
    assert bucket.get("k", ifGenerationMatch=STALE) == (200, b"same")
    assert bucket.get("k", ifGenerationNotMatch=generation) == (200, b"same")
    assert bucket.delete("k", ifGenerationMatch=STALE)[0] == 200
    assert bucket.get("k")[0] == 404


def test_every_page_repeats_all_prefixes(bucket: Bucket) -> None:
    for key in ("a/1", "b/1", "c/1", "d"):
        bucket.put(key)
    page = bucket.list(delimiter="/", maxResults="2")
    assert page["prefixes"] == ["a/", "b/", "c/"]
    assert [one["name"] for one in bucket.list()["items"]] == ["a/1", "b/1", "c/1", "d"]
