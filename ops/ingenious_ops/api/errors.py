"""Errors of the API itself; each has a status in `problems`."""

from __future__ import annotations

from ingenious_storage.errors import StorageError


class UnauthenticatedError(StorageError):
    """Nobody that is known: no credential, or one that is wrong or too old."""

    code = "unauthenticated"
    default_hint = "Send a token or an API key as `Authorization: Bearer ...`."


class ForbiddenError(StorageError):
    """Somebody who is known, and may not do this."""

    code = "forbidden"
    default_hint = "Ask whoever configures `api.roles` and `api.keys` for the role."


class PreconditionRequiredError(StorageError):
    """A change of what may be there, without a condition: it could overwrite somebody's work."""

    code = "precondition_required"
    default_hint = "Send If-Match with the ETag that you read, or If-None-Match: * to create."


class InvalidRequestError(StorageError):
    """A request that means nothing: a body, a parameter or a header."""

    code = "invalid_request"
    default_hint = "Compare the request with /openapi.json."
