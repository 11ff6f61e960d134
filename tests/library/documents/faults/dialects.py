"""Dialects: how requests of each kind of store are read on their way, and refused in its words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.stores import Api

Refusal = tuple[list[tuple[str, str]], bytes]
"""Headers and body."""

_OPERATIONS: Final = {"GET": "get", "PUT": "put", "HEAD": "head", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Dialect:
    read: Callable[[str, str], tuple[str, str]]
    """From method and target: the operation of a backend, and the key or ""."""
    stored: Callable[[bytes], bytes]
    """What the body of a put leaves in the store."""
    refusal: Callable[[int, str], Refusal]
    """From status and code."""
    busy: tuple[int, str]
    """Status and code of "slow down, nothing was done"."""
    knows_its_host: bool = False
    """Whether the server answers to its own name only."""


def _azure(method: str, target: str) -> tuple[str, str]:
    url = urlsplit(target)
    _, _, _container, key = [*unquote(url.path).split("/", 3), ""][:4]
    if method == "GET" and "comp=list" in url.query:
        return "list", key
    return _OPERATIONS.get(method, "delete_many"), key


def _s3(method: str, target: str) -> tuple[str, str]:
    url = urlsplit(target)
    _, _bucket, key = [*unquote(url.path).split("/", 2), ""][:3]
    if method == "GET" and "list-type=2" in url.query:
        return "list", key
    return _OPERATIONS.get(method, "upload" if key else "delete_many"), key


def _gcs(method: str, target: str) -> tuple[str, str]:
    url = urlsplit(target)
    _, _, name = url.path.partition("/o/")
    if method == "POST":
        [key] = parse_qs(url.query).get("name", [""])
        return ("put" if key else "ensure_container"), key
    if method == "GET" and not url.path.startswith("/download/"):
        return ("head" if name else "list"), unquote(name)
    return _OPERATIONS[method], unquote(name)


def _second_part(body: bytes) -> bytes:
    """Of a body of two parts, the object's JSON and its bytes."""
    _json, _headers, rest = body.split(b"\r\n\r\n", 2)
    return rest[: rest.rindex(b"\r\n--")]


def _azure_refusal(_status: int, code: str) -> Refusal:
    return [("x-ms-error-code", code)], b""


def _s3_refusal(_status: int, code: str) -> Refusal:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>" if code else ""
    return [("Content-Type", "application/xml")], body.encode()


def _gcs_refusal(status: int, code: str) -> Refusal:
    told = {"code": status, "message": code, "errors": [{"reason": code, "message": code}]}
    body = json.dumps({"error": told}) if code else ""
    return [("Content-Type", "application/json")], body.encode()


DIALECTS: Final[Mapping[Api, Dialect]] = {
    "azure": Dialect(_azure, bytes, _azure_refusal, (503, "ServerBusy")),
    "s3": Dialect(_s3, bytes, _s3_refusal, (503, "SlowDown")),
    "gcs": Dialect(
        _gcs, _second_part, _gcs_refusal, (429, "rateLimitExceeded"), knows_its_host=True
    ),
}
