"""TLS with the service: whose certificate, until when, and who does not trust it."""

from __future__ import annotations

import base64
import http.client
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from ingenious_ops.doctor.checks.network import SECTION
from ingenious_ops.doctor.model import Check, Result, failed, passed, warned
from ingenious_ops.doctor.places import place_of, target

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from ingenious_ops.doctor.context import Context

_SOON: Final = timedelta(days=14)
_WRONG_HOST: Final = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED


def _tls(context: Context) -> Result:
    assert context.route is not None
    place, proxy = target(context), context.route.proxy
    if urlsplit(context.handle.url).scheme == "http":
        return passed("none: the endpoint uses http")
    if proxy is not None and urlsplit(proxy).scheme != "http":
        return passed("not looked at through this kind of proxy")
    try:
        certificate, version = _handshake(context, _trusting(context))
    except ssl.SSLCertVerificationError as error:
        return _untrusted(context, error)
    except (OSError, http.client.HTTPException) as error:
        return failed(
            f"no TLS connection to {place}: {_told(error)}",
            hint=_broken_hint(context, error),
            code="unavailable",
        )
    summary = f"{version}, certificate issued by {_issuer(certificate)}"
    until = certificate.not_valid_after_utc
    if until - datetime.now(UTC) < _SOON:
        return warned(
            f"{summary}, valid until {until:%Y-%m-%d} only",
            hint=f"Who runs {place.host} has to renew its certificate.",
        )
    return passed(f"{summary}, valid until {until:%Y-%m-%d}")


def _trusting(context: Context) -> ssl.SSLContext:
    """As requests trust: the file or folder and nothing else, or what the system trusts."""
    assert context.route is not None
    ca_file = context.route.ca_file
    if ca_file is None:
        trust = ssl.create_default_context()
    else:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        is_folder = Path(ca_file).is_dir()
        trust.load_verify_locations(**{"capath" if is_folder else "cafile": ca_file})
    own = context.storage.http
    if own.client_certificate is not None:
        trust.load_cert_chain(own.client_certificate, own.client_key)
    return trust


def _trusting_anyone() -> ssl.SSLContext:
    """To read a certificate that is not trusted; nothing is sent over the connection."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    return trust


def _handshake(context: Context, trust: ssl.SSLContext) -> tuple[Certificate, str]:
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415  # slow to import

    with closing(_connection(context, trust)) as connection:
        connection.connect()
        sock: Any = connection.sock
        der = sock.getpeercert(binary_form=True)
        assert der is not None
        return load_der_x509_certificate(der), sock.version()


def _connection(context: Context, trust: ssl.SSLContext) -> http.client.HTTPSConnection:
    assert context.route is not None
    place, proxy = target(context), context.route.proxy
    hop = place_of(proxy) if proxy else place
    connection = http.client.HTTPSConnection(*hop, timeout=context.request_timeout, context=trust)
    if proxy is not None:
        connection.set_tunnel(*place, headers=_proxy_login(proxy))
    return connection


def _proxy_login(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _untrusted(context: Context, error: ssl.SSLCertVerificationError) -> Result:
    """Who issued it tells a proxy that opens TLS from a service with a CA of its own."""
    place = target(context)
    certificate, _ = _handshake(context, _trusting_anyone())
    issuer = (
        f"issued by {_issuer(certificate)}, valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    )
    if error.verify_code in _WRONG_HOST:
        hint = f"Something else answers at {place}: correct the endpoint, DNS or the proxy."
    elif error.verify_code == _EXPIRED:
        hint = f"Renew the certificate of {place.host}, or set this machine's clock."
    else:
        hint = (
            "Put the issuer's certificate into a PEM file beside the usual ones and name it: "
            "`export REQUESTS_CA_BUNDLE=/path/to/ca.pem`, or storage.http.ca_file. If you do not "
            "know the issuer, a proxy opens your connections: ask who runs this network."
        )
    return failed(
        f"the certificate of {place.host} is not trusted: {error.verify_message}",
        issuer,
        f"trusted are the authorities in {_ca_file(context)}",
        hint=hint,
        code="unavailable",
    )


def _ca_file(context: Context) -> str:
    assert context.route is not None
    return context.route.ca_file or "the system's store"


def _issuer(certificate: Certificate) -> str:
    return certificate.issuer.rfc4514_string() or "nobody"


def _told(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)


def _broken_hint(context: Context, error: Exception) -> str:
    assert context.route is not None
    if context.route.proxy is not None:
        if "407" in str(error):
            return "The proxy asks for a login: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
        return (
            "The proxy did not let it through: correct HTTPS_PROXY, or set "
            f"NO_PROXY={target(context).host} to go around it."
        )
    return (
        "What listens there does not speak TLS: correct the port of "
        f"{context.handle.endpoint_key}, or use http for an emulator on this machine."
    )


CHECKS: Final = (Check("tls", SECTION, "TLS", _tls, needs=("tcp",)),)
