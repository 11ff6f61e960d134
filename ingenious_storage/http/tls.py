"""TLS: the contexts of connections, by what the configuration and the environment trust."""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.sockets import TlsSocket

if TYPE_CHECKING:
    from ingenious_storage.http.trust import Trust


def make_context(trust: Trust) -> ssl.SSLContext:
    """A context for TLS 1.2 and later with names checked.

    Without a CA file the system's authorities are trusted (OpenSSL reads SSL_CERT_FILE and
    SSL_CERT_DIR), and certifi's where the system has none.

    Raises: ConfigurationError when a file is missing or is not what it should be.
    """
    context = _trusting(trust.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TlsSocket
    context.set_alpn_protocols(["http/1.1"])
    if trust.client_certificate is not None:
        _identify(context, trust.client_certificate, trust.client_key)
    return context


def authorities(ca: str | None) -> str | None:
    """The file or folder whose authorities are trusted; None for those of Windows.

    Raises: ConfigurationError when what is named is not there.
    """
    if ca is not None:
        return _existing(ca, "CA file", "storage.http.ca_file, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE")
    return _of_system() or (None if sys.platform == "win32" else _bundled())


def _of_system() -> str | None:
    found = ssl.get_default_verify_paths()
    for name in (found.openssl_cafile_env, found.openssl_capath_env):
        if os.environ.get(name):
            _existing(os.environ[name], "CA file", name)
    if found.capath is not None and found.cafile is None:
        return found.capath if any(Path(found.capath).iterdir()) else None
    return found.cafile


def _trusting(ca: str | None) -> ssl.SSLContext:
    place = authorities(ca)
    if place is None or (ca is None and _of_system() is not None):
        return ssl.create_default_context()  # both its file and its folder
    try:
        if Path(place).is_dir():
            return ssl.create_default_context(capath=place)
        return ssl.create_default_context(cafile=place)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise _unusable("CA file", place, error) from error


def _identify(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    _existing(certificate, "client certificate", "storage.http.client_certificate")
    if key is not None:
        _existing(key, "key of a client certificate", "storage.http.client_key")
    try:
        context.load_cert_chain(certificate, key, password=_refuse_password)
    except (OSError, ValueError) as error:
        raise _unusable("client certificate", certificate, error) from error


def _refuse_password() -> NoReturn:
    # OpenSSL would ask for it at the terminal.
    raise ValueError("its key is encrypted, and this library asks for no password")


def _existing(path: str, what: str, where: str) -> str:
    if not Path(path).exists():
        raise ConfigurationError(f"no {what} {path!r}", hint=f"Check {where}.")
    return path


def _unusable(what: str, path: str, error: Exception) -> ConfigurationError:
    told = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return ConfigurationError(
        f"the {what} {path!r} cannot be used: {told}",
        hint="It has to be PEM, readable by this user; a key fits its certificate.",
    )


def _bundled() -> str | None:
    """certifi's authorities: OpenSSL finds none in a slim container image."""
    try:
        import certifi  # noqa: PLC0415  # rarely needed
    except ImportError:
        return None
    return certifi.where()
