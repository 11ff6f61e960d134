"""An authority of certificates that only a test trusts."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import trustme


class Authority:
    """Its files are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._ca = folder, trustme.CA()

    @cached_property
    def file(self) -> str:
        path = self._folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(path))
        return str(path)

    def server(self, *names: str, expired: bool = False, asks: bool = False) -> ssl.SSLContext:
        """For 127.0.0.1 if no name is given; one that `asks` wants certificates of ours."""
        ends = datetime.now(UTC) - timedelta(days=1) if expired else None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names or ("127.0.0.1",), not_after=ends).configure_cert(context)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            self._ca.configure_trust(context)
        return context

    def client(self) -> tuple[str, str]:
        """The files of a client's certificate and of its key."""
        issued = self._ca.issue_cert("agent@example.org")
        certificate, key = self._folder / "client.pem", self._folder / "client.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        return str(certificate), str(key)
