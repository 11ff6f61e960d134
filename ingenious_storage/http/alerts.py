"""Alerts of TLS by which a peer refuses who this side is (RFC 8446, section 6.2)."""

from __future__ import annotations

from typing import Final

from ingenious_storage.http.errors import Failure, HttpError

_OF_IDENTITY: Final = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def is_of_identity(error: Exception) -> bool:
    """Whether the peer wants another certificate of this side than it got, or any at all."""
    reason = getattr(error, "reason", None) or ""
    return "ALERT" in reason and any(part in reason for part in _OF_IDENTITY)


def refused_identity(error: Exception, place: str = "") -> HttpError:
    """The error for it. Nobody has read a request before that."""
    told = f"this side's certificate is not accepted ({getattr(error, 'reason', None)})"
    return HttpError(Failure.IDENTITY, told, sent=False, host=place)
