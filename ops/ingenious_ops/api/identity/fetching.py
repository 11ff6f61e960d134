"""Fetching: one JSON document of an issuer, by HTTPS. It blocks, and belongs into a thread."""

from __future__ import annotations

import os
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

import orjson

from ingenious_ops.api.identity.transport import is_private
from ingenious_ops.listening.addresses import is_loopback
from ingenious_storage.errors import UnavailableError

MAX_BYTES: Final = 1024 * 1024
"""The largest document that is read."""
_SECONDS: Final = 10.0
_MAX_AGE: Final = re.compile(r"(?i)(?:^|[,\s])max-age=\"?(\d{1,9})")
_CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Document:
    """A document, and for how many seconds its server says that it is good, None for nothing."""

    content: Mapping[str, Any]
    max_age: int | None = None


def fetch(url: str, ca_file: Path | None = None, body: bytes | None = None) -> Document:
    """GET a document, or POST a form. No redirect is followed: an issuer's addresses are its word.

    Args:
        ca_file: the authorities to trust, as `storage.http.ca_file`.

    Raises: UnavailableError.
    """
    if not is_private(url):
        raise UnavailableError(f"{_shown(url)} is not an https URL")
    parts = urlsplit(url)
    local = is_loopback(parts.hostname or "")
    request = Request(url, body, {"Accept": "application/json"})  # noqa: S310  # checked above
    try:
        opener = _opener(ca_file, tls=parts.scheme == "https", local=local)
        with opener.open(request, timeout=_SECONDS) as answer:
            content = orjson.loads(_read(answer))
            age = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
    except HTTPError as error:
        error.close()
        raise UnavailableError(f"{_shown(url)} answered {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise UnavailableError(f"{_shown(url)}: {_reason(error)}") from error
    if not isinstance(content, dict):
        raise UnavailableError(f"{_shown(url)} is not a JSON object")
    return Document(content, None if age is None else int(age[1]))


def _read(answer: HTTPResponse) -> bytes:
    ends, found = time.monotonic() + _SECONDS, bytearray()
    while piece := answer.read1(64 * 1024):
        found += piece
        if len(found) > MAX_BYTES or time.monotonic() > ends:
            raise ValueError("too large, or too slow")
    return bytes(found)


def _opener(ca_file: Path | None, *, tls: bool, local: bool) -> OpenerDirector:
    handlers: list[Any] = [_NoRedirects]
    if tls:
        handlers.append(HTTPSHandler(context=_context(ca_file)))
    if local:
        handlers.append(ProxyHandler({}))
    return build_opener(*handlers)


def _context(ca_file: Path | None) -> ssl.SSLContext:
    named = next(filter(None, map(os.environ.get, _CA_VARIABLES)), None)
    trusted = ca_file or (Path(named) if named else None)
    if trusted is not None and trusted.is_dir():
        return ssl.create_default_context(capath=trusted)
    return ssl.create_default_context(cafile=trusted)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917  # as its base has it
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _shown(url: str) -> str:
    """Without a query, which may hold a secret."""
    return url.partition("?")[0]


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "not a JSON document of a usual size"
    return str(getattr(error, "reason", None) or error) or type(error).__name__
