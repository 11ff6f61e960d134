"""The HTTP below the Azure SDK: connections for many threads, whole bodies, no secret in a log."""

from __future__ import annotations

import io
import logging
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import ServiceResponseError, ServiceResponseTimeoutError
from azure.core.pipeline.transport import RequestsTransport
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util.retry import Retry

from ingenious_storage.backends.azure.sdk.connections import CuttableAdapter, Request, sending
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import BY_ENVIRONMENT, Trust
from ingenious_storage.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import Mapping

POOLED_CONNECTIONS: Final = 64
_COPY_SIZE: Final = 16 * 1024 * 1024
_SIGNATURE: Final = re.compile(r"(?i)\bsig=[^&\s\"']*")
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class WholeBodyTransport(RequestsTransport):  # type: ignore[misc]  # azure-core hides its type
    """Reads a streamed body inside the request: as stored, and to its last byte.

    The SDK's download loop asks three times, a second apart, when a body breaks, whatever
    `retry_total` says; here a body breaks before that loop. It also returns a body that a proxy
    cut short and gave a fitting Content-Length, so the length is held against Content-Range.
    Read in one piece, 10 MB cost 0.6 times the CPU of the SDK's way.

    When the caller's deadline passes, or it gives up waiting, the request ends at once.
    """

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and read its whole answer; cut off when the caller's deadline passes."""
        mine = Request()
        with sending(mine), deadlines.interrupting(mine.cut):
            return self._send(request, **options)

    def _send(self, request: Any, **options: Any) -> Any:
        response = super().send(request, **options)
        if options.get("stream"):
            reply = response.internal_response
            try:
                body = reply.raw.read(decode_content=False)
            except ReadTimeoutError as error:
                raise ServiceResponseTimeoutError(error, error=error) from error
            except (HTTPError, OSError) as error:
                raise ServiceResponseError(error, error=error) from error
            expected = _expected_length(reply.headers)
            if expected not in (None, len(body)):
                raise ServiceResponseError(f"{len(body)} of {expected} bytes arrived")
            reply.raw = io.BytesIO(body)
        return response


def _expected_length(headers: Mapping[str, str]) -> int | None:
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    if match is None:
        return None
    first, last, size = map(int, match.groups())
    return max(0, min(last + 1, size) - first)


def make_session(url: str, trust: Trust = BY_ENVIRONMENT) -> requests.Session:
    """A session for one account, with the proxy and CA settings that the environment has now.

    What `trust` says of files comes before the environment.

    They are asked for once, as doing it for each request is a seventh of the CPU of a small put,
    and would let a `.netrc` replace the Authorization header.

    Raises: ConfigurationError when the CA file that the environment names is not there, or its
    proxy cannot be used.
    """
    session = requests.Session()
    settings = session.merge_environment_settings(url, {}, None, None, None)
    session.trust_env = False
    session.proxies.update(settings["proxies"])
    _check_proxy(url, session.proxies)
    session.verify = trust.ca_file or settings["verify"]
    if isinstance(session.verify, str) and not Path(session.verify).exists():
        raise ConfigurationError(
            f"no CA file {session.verify!r}",
            hint="Check storage.http.ca_file, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
        )
    session.cert = _identity(trust)
    # total=False raises the bare error: urllib3's MaxRetryError has the URL, with its SAS, in it.
    adapter = CuttableAdapter(
        pool_maxsize=POOLED_CONNECTIONS, max_retries=Retry(total=False, redirect=False)
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _identity(trust: Trust) -> str | tuple[str, str] | None:
    certificate, key = trust.client_certificate, trust.client_key
    for path in filter(None, (certificate, key)):
        if not Path(path).exists():
            raise ConfigurationError(
                f"no client certificate or key {path!r}",
                hint="Check storage.http.client_certificate and storage.http.client_key.",
            )
    return certificate if certificate is None or key is None else (certificate, key)


def _check_proxy(url: str, proxies: Mapping[str, str]) -> None:
    """urllib3 would refuse it at the first request, as a schema that is not valid."""
    proxy = select_proxy(url, dict(proxies))
    if proxy is None:
        return
    scheme, found, _ = proxy.partition("://")
    host = urlsplit(url).hostname
    around = f"or set NO_PROXY={host} to go around it."
    if found and scheme.lower().startswith("socks"):
        if find_spec("socks") is None:
            raise ConfigurationError(
                f"the proxy of the environment is a SOCKS proxy ({scheme}), and nothing here "
                "speaks SOCKS",
                hint=f"Run `pip install pysocks`, name an HTTP proxy in HTTPS_PROXY, {around}",
            )
    elif found and scheme.lower() not in {"http", "https"}:
        raise ConfigurationError(
            "the proxy of the environment is not the URL of a proxy",
            hint=f"Such as http://proxy.example:3128: correct HTTPS_PROXY, {around}",
        )
    try:
        parts = urlsplit(proxy if found else f"http://{proxy}")
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            "the proxy of the environment has no host, or a port that is none",
            hint=f"Such as http://proxy.example:3128: correct HTTPS_PROXY, {around}",
        )


def make_transport(session: requests.Session, *, timeout: float) -> WholeBodyTransport:
    """A transport that leaves closing `session` to its owner; `timeout` in seconds."""
    return WholeBodyTransport(
        session=session,
        session_owner=False,
        connection_timeout=timeout,
        read_timeout=timeout,
        connection_verify=session.verify,
        connection_data_block_size=_COPY_SIZE,
    )


class _HideSignatures(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SIGNATURE.sub("sig=***", arg) if isinstance(arg, str) else arg
                for arg in record.args
            )
        return True


# At DEBUG this logger writes each URL, and a SAS is part of the URL.
logging.getLogger("urllib3.connectionpool").addFilter(_HideSignatures())
