"""TLS: the contexts of connections, by what the configuration and the environment trust."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Value

CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Those that the SDKs' library, requests, reads; the first that is set wins."""


@dataclass(frozen=True, slots=True)
class Trust(Value):
    """Whom to trust, and how to prove who this side is. Paths; None for the system's, or nothing."""

    ca_file: str | None = None
    """A file of PEM, or a folder of hashed ones."""
    client_certificate: str | None = None
    """PEM, with its chain; the key may be in it."""
    client_key: str | None = None


def ca_of_environment() -> str | None:
    """The file, or folder, that the environment names now."""
    return next((os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), None)


def make_context(trust: Trust) -> ssl.SSLContext:
    """A context for TLS 1.2 and later with names checked.

    Without a CA file the system's authorities are trusted (OpenSSL reads SSL_CERT_FILE and
    SSL_CERT_DIR), and certifi's where the system has none.

    Raises: ConfigurationError when a file is missing or is not what it should be.
    """
    try:
        context = _trusting(trust.ca_file)
        if trust.client_certificate is not None:
            context.load_cert_chain(trust.client_certificate, trust.client_key)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ConfigurationError(
            f"a certificate file cannot be used: {error}",
            hint="Check storage.http, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE: PEM files that exist.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _trusting(ca: str | None) -> ssl.SSLContext:
    if ca is None:
        return ssl.create_default_context(cafile=_bundled())
    if not Path(ca).exists():
        raise ConfigurationError(
            f"no CA file {ca!r}", hint="Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE."
        )
    if Path(ca).is_dir():
        return ssl.create_default_context(capath=ca)
    return ssl.create_default_context(cafile=ca)


def _bundled() -> str | None:
    """certifi's authorities, only where OpenSSL finds none: in a slim container image."""
    found = ssl.get_default_verify_paths()
    if found.cafile is not None or (found.capath is not None and any(Path(found.capath).iterdir())):
        return None
    try:
        import certifi  # noqa: PLC0415  # rarely needed
    except ImportError:
        return None
    return certifi.where()
