"""Errors of the API itself; each has a status in `problems`."""

from __future__ import annotations

from typing import Any, Literal

from ingenious_storage.errors import StorageError

Reason = Literal["no_credential", "bad_credential", "expired", "role_too_low", "elsewhere"]
"""Why a caller was refused, for who watches the service; `elsewhere`: a page or machine that may
not ask."""


class UnauthenticatedError(StorageError):
    """Nobody that is known: no credential, or one that is wrong or too old."""

    code = "unauthenticated"
    default_hint = "Send a token or an API key as `Authorization: Bearer ...`."

    def __init__(self, message: str, *, reason: Reason = "bad_credential", **more: Any) -> None:
        super().__init__(message, **more)
        self.reason: Reason = reason


class ForbiddenError(StorageError):
    """Somebody who is known, and may not do this."""

    code = "forbidden"
    default_hint = "Ask whoever configures `api.roles` and `api.keys` for the role."

    def __init__(self, message: str, *, reason: Reason = "role_too_low", **more: Any) -> None:
        super().__init__(message, **more)
        self.reason: Reason = reason


class PreconditionRequiredError(StorageError):
    """A change of what may be there, without a condition: it could overwrite somebody's work."""

    code = "precondition_required"
    default_hint = "Send If-Match with the ETag that you read, or If-None-Match: * to create."


class InvalidRequestError(StorageError):
    """A request that means nothing: a body, a parameter or a header."""

    code = "invalid_request"
    default_hint = "Compare the request with /openapi.json."


class BodyTooLargeError(StorageError):
    """A body of more bytes than `api.max_body_bytes`; no more of it was kept."""

    code = "body_too_large"
    default_hint = "Send less at once, or have `api.max_body_bytes` raised."


class UrlTooLongError(StorageError):
    """A URL that is longer than any that this API has."""

    code = "url_too_long"
    default_hint = "Page tokens and searches fit; send long texts in a body."


class HeaderTooLargeError(StorageError):
    """Header lines that are longer together than any client needs."""

    code = "header_too_large"
    default_hint = "Look for a cookie or a token that grows."


class SlowRequestError(StorageError):
    """A body that did not arrive within `api.body_timeout`."""

    code = "request_too_slow"
    default_hint = "Send it again; over a slow line, in smaller pieces."
    default_retryable = True


class WrongHostError(StorageError):
    """A request for another host, where nobody has to say who they are: a web page's trick."""

    code = "wrong_host"
    reason: Reason = "elsewhere"
    default_hint = "Call it as 127.0.0.1 or localhost, or configure `api.issuer` or `api.keys`."


class UnsupportedMediaTypeError(StorageError):
    """A body of a type that the route does not take, or without a type."""

    code = "unsupported_media_type"
    default_hint = "Send the Content-Type that /openapi.json names."


class PatchConflictError(StorageError):
    """A patch of what is not there, or a test in it that does not hold."""

    code = "patch_conflict"
    default_hint = "Read the memory, and make the patch for what it is now."
