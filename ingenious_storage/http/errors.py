"""Failures of HTTP: why there is no answer to be used, and whether anything was sent."""

from __future__ import annotations

from enum import StrEnum


class Failure(StrEnum):
    """What went wrong, as far as a caller can act on it."""

    NAME = "name"
    """The host has no address."""
    CONNECT = "connect"
    """Nobody accepts the connection."""
    PROXY = "proxy"
    """The proxy cannot be reached, or does not let this through."""
    CERTIFICATE = "certificate"
    """The certificate of the peer is not trusted, or not for its name."""
    IDENTITY = "identity"
    """The peer asks for a certificate of this side, or does not accept the one that it got."""
    TLS = "tls"
    """The peer does not speak TLS as this side does."""
    CLOSED = "closed"
    """The peer, or who gave up here, ended the connection before the answer did."""
    TIMEOUT = "timeout"
    """The time was over."""
    MALFORMED = "malformed"
    """What came is no HTTP, or not what was asked for."""
    TOO_LARGE = "too_large"
    """The answer is larger than its bound."""


class HttpError(Exception):
    """There is no answer. Its text holds no secret.

    Attributes:
        failure: what went wrong.
        sent: whether the peer may have got the request, whole. False is a proof: the system took
            nothing of it, or not enough to be read; True is none, as a peer that breaks off may
            have done everything before.
        host: who was spoken to, with its port: the proxy where that is what failed.
    """

    def __init__(self, failure: Failure, message: str, *, sent: bool, host: str = "") -> None:
        super().__init__(message)
        self.failure, self.sent, self.host = failure, sent, host
