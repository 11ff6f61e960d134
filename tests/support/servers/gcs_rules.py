"""Rules of Google Cloud Storage, as its reference documents them: buckets, objects, sessions.

Followed: "Objects" (insert, get, list, delete) and "Buckets" (insert, get) of the JSON API's
reference, "Request preconditions", "Resumable uploads", "Partial response", "Transcoding of
gzip-compressed files", and "HTTP status and error codes for JSON". Where these are silent (the
headers of a download) the answers of the service as others have recorded them.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

GRANULE = 256 * 1024
TEXTS = ("contentType", "contentEncoding", "contentLanguage", "contentDisposition", "cacheControl")


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


@dataclass
class Stored:
    """One object."""

    name: str
    data: bytes
    generation: int
    updated: datetime
    about: dict[str, Any]

    def resource(self, bucket: str) -> dict[str, Any]:
        updated = self.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "kind": "storage#object",
            "id": f"{bucket}/{self.name}/{self.generation}",
            "name": self.name,
            "bucket": bucket,
            "generation": str(self.generation),
            "metageneration": "1",
            "size": str(len(self.data)),
            "timeCreated": updated,
            "updated": updated,
            "storageClass": "STANDARD",
            **self.about,
        }


@dataclass
class Session:
    """One resumable upload."""

    bucket: str
    name: str
    about: dict[str, Any]
    conditions: Mapping[str, str]
    data: bytearray = field(default_factory=bytearray)
    done: Stored | None = None


class Rules:
    """All buckets. Thread-safe: each call is atomic."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Stored]] = {}
        self.sessions: dict[str, Session] = {}
        self.lock = threading.RLock()
        self._generation = 0

    def create(self, name: str, project: str | None) -> None:
        with self.lock:
            if not project:
                raise RefusedError(400, "required", "Required parameter: project")
            if name in self.buckets:
                raise RefusedError(409, "conflict", "The requested bucket name is not available.")
            self.buckets[name] = {}

    def bucket(self, name: str) -> dict[str, Stored]:
        if name not in self.buckets:
            raise RefusedError(404, "notFound", "The specified bucket does not exist.")
        return self.buckets[name]

    def find(self, bucket: str, name: str, conditions: Mapping[str, str]) -> Stored:
        with self.lock:
            found = self.bucket(bucket).get(name)
            if found is None:
                raise RefusedError(404, "notFound", f"No such object: {bucket}/{name}")
            _check(conditions, found, reads=True)
            return found

    def write(
        self,
        bucket: str,
        name: str,
        data: bytes,
        about: Mapping[str, Any],
        conditions: Mapping[str, str],
    ) -> Stored:
        with self.lock:
            self.check_write(bucket, name, conditions)
            # Microseconds, never the same again: also what was deleted had another one.
            self._generation = max(self._generation + 1, time.time_ns() // 1000)
            kept = {key: about[key] for key in (*TEXTS, "metadata") if about.get(key)}
            kept.setdefault("contentType", "application/octet-stream")
            stored = Stored(name, data, self._generation, datetime.now(UTC), kept)
            self.buckets[bucket][name] = stored
            return stored

    def check_write(self, bucket: str, name: str, conditions: Mapping[str, str]) -> None:
        with self.lock:
            objects = self.bucket(bucket)
            if not 1 <= len(name.encode()) <= 1024 or "\n" in name or "\r" in name:
                raise RefusedError(400, "invalid", "Invalid object name")
            _check(conditions, objects.get(name), reads=False)

    def delete(self, bucket: str, name: str, conditions: Mapping[str, str]) -> None:
        with self.lock:
            _check(conditions, self.find(bucket, name, {}), reads=False)
            del self.buckets[bucket][name]

    def page(self, bucket: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Items and prefixes in the order of UTF-8, `maxResults` of both together."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        limit = min(int(query.get("maxResults", 1000)), 1000)
        after = (
            base64.urlsafe_b64decode(query["pageToken"]).decode() if "pageToken" in query else ""
        )
        items: list[Stored] = []
        prefixes: list[str] = []
        last = ""
        with self.lock:
            for name in sorted(self.bucket(bucket), key=str.encode):
                rest = name.removeprefix(prefix)
                if not name.startswith(prefix) or name.encode() <= after.encode():
                    continue
                head, found, _ = rest.partition(delimiter) if delimiter else (rest, "", "")
                folded = f"{prefix}{head}{found}" if found else ""
                if folded and (folded in prefixes or after == folded or after.startswith(folded)):
                    continue
                if len(items) + len(prefixes) == limit:
                    token = base64.urlsafe_b64encode(last.encode()).decode()
                    return self._page(bucket, items, prefixes) | {"nextPageToken": token}
                if folded:
                    prefixes.append(folded)
                else:
                    items.append(self.buckets[bucket][name])
                last = folded or name
            return self._page(bucket, items, prefixes)

    def _page(self, bucket: str, items: list[Stored], prefixes: list[str]) -> dict[str, Any]:
        page: dict[str, Any] = {"kind": "storage#objects"}
        if items:
            page["items"] = [each.resource(bucket) for each in items]
        if prefixes:
            page["prefixes"] = prefixes
        return page


def _check(conditions: Mapping[str, str], found: Stored | None, *, reads: bool) -> None:
    generation = str(found.generation if found else 0)
    for value in conditions.values():
        if not value.isdecimal() or int(value) >= 2**63:
            raise RefusedError(400, "invalid", f"Invalid long value: {value}")
    if conditions.get("ifGenerationMatch", generation) != generation:
        raise _condition_not_met(412)
    if conditions.get("ifGenerationNotMatch") == generation:
        raise _condition_not_met(304 if reads else 412)


def _condition_not_met(status: int) -> RefusedError:
    message = "At least one of the pre-conditions you specified did not hold."
    return RefusedError(status, "conditionNotMet", message)
