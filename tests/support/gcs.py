"""Oracle of a bucket: raw requests of the JSON API by urllib, without the code under test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

_OPENER = build_opener(ProxyHandler({}))


class BucketOracle:
    """One bucket, by the URL of its service; `token` gives one where it is asked for."""

    def __init__(self, url: str, bucket: str, token: Callable[[], str] | None = None) -> None:
        self.url, self.bucket, self._token = url, bucket, token

    def create(self) -> None:
        body = json.dumps({"name": self.bucket}).encode()
        self._send("POST", "/storage/v1/b?project=test", body)

    def read(self, key: str) -> bytes | None:
        try:
            return self._send("GET", f"{self._objects()}/{quote(key, safe='')}?alt=media")
        except HTTPError as error:
            if error.code == 404:
                return None
            raise

    def write(self, key: str, data: bytes) -> None:
        query = urlencode({"uploadType": "media", "name": key})
        self._send("POST", f"/upload{self._objects()}?{query}", data)

    def keys(self) -> set[str]:
        found: set[str] = set()
        token = ""
        while True:
            page = json.loads(self._send("GET", f"{self._objects()}?pageToken={token}"))
            found |= {item["name"] for item in page.get("items", ())}
            token = quote(page.get("nextPageToken", ""), safe="")
            if not token:
                return found

    def resource(self, key: str) -> dict[str, Any]:
        """The object's own JSON."""
        found: dict[str, Any] = json.loads(
            self._send("GET", f"{self._objects()}/{quote(key, safe='')}")
        )
        return found

    def empty(self) -> None:
        """Delete all objects."""
        for key in self.keys():
            self._send("DELETE", f"{self._objects()}/{quote(key, safe='')}")

    def _objects(self) -> str:
        return f"/storage/v1/b/{self.bucket}/o"

    def _send(self, method: str, target: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/octet-stream", "Accept-Encoding": "gzip"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        request = Request(f"{self.url}{target}", body, headers, method=method)
        with _OPENER.open(request, timeout=30) as answer:
            data: bytes = answer.read()
            return data
