"""Endpoint: the URL of a service that is spoken to over HTTP, checked and normalised."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ingenious_storage.config.azure.endpoint import is_loopback
from ingenious_storage.errors import ConfigurationError

_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?|[0-9a-f:.]+")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


def check_endpoint(text: str, *, section: str, example: str, allow_http: bool = False) -> str:
    """The URL of a service, without a slash at its end.

    Args:
        section: whose key `endpoint` it is, for messages: "storage.s3".
        example: one or two that are right, for the hint.
        allow_http: also beyond loopback.

    Raises: ConfigurationError; its message holds no more of `text` than the host.
    """
    parts, port = _split(text, section, example)
    host = parts.hostname or ""
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        raise ConfigurationError(
            f"{section}.endpoint uses http, and {host} is not this machine",
            hint="Use https: over http everybody in between reads the data. For a service in a "
            f"network of your own set {section}.allow_http to true.",
        )
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{port}" if port else ""
    return f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}"


def _split(text: str, section: str, example: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None  # raising here would chain an error that quotes `text`
    plain = text.isascii() and not any(c.isspace() or c in "@?#\\" for c in text.strip())
    fits = _HOST.fullmatch(parts.hostname or "") and _PATH.fullmatch(parts.path.rstrip("/"))
    if not plain or parts.scheme not in {"http", "https"} or not fits:
        raise ConfigurationError(
            f"{section}.endpoint is not the URL of a service",
            hint=f"Such as {example}: http or https, without a bucket, a user or a query.",
        )
    return parts, port
