"""Statuses: what HTTP calls each error of the library and of the API."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ingenious_ops.api import errors as own
from ingenious_storage import errors
from ingenious_storage.errors import StorageError

STATUS: Final[Mapping[type[StorageError], int]] = {
    own.UnauthenticatedError: 401,
    own.ForbiddenError: 403,
    own.PreconditionRequiredError: 428,
    own.InvalidRequestError: 400,
    own.UnsupportedMediaTypeError: 415,
    own.PatchConflictError: 409,
    own.SlowRequestError: 408,
    own.BodyTooLargeError: 413,
    own.UrlTooLongError: 414,
    own.WrongHostError: 421,
    own.HeaderTooLargeError: 431,
    errors.NotModifiedError: 304,
    errors.NotFoundError: 404,
    errors.AlreadyExistsError: 409,
    errors.ConflictError: 409,
    errors.InvalidDataError: 422,
    errors.InvalidKeyError: 422,
    errors.IdempotencyKeyReusedError: 422,
    errors.ObjectTooLargeError: 413,
    errors.CommitUnknownError: 503,
    # Not 404: whoever asks would take a wrong set-up for "nothing is there".
    errors.ContainerNotFoundError: 503,
    errors.IndexMissingError: 503,
    errors.CatalogueUnusableError: 503,
    errors.ThrottledError: 503,
    errors.UnavailableError: 503,
    errors.KeyUnavailableError: 503,
    errors.OperationTimeoutError: 504,
    # The service's own rights, not those of who asks.
    errors.AuthenticationError: 500,
    errors.CatalogueUnsupportedError: 500,
    errors.PermissionDeniedError: 500,
    errors.KeyRefusedError: 500,
    errors.ConfigurationError: 500,
    # Nothing is broken: whoever runs the service lets nobody search here.
    errors.PlainIndexRefusedError: 403,
    errors.CorruptObjectError: 500,
    errors.UnsupportedFormatError: 500,
}
"""The status of each error and of those that derive from it."""
_CONDITIONS: Final = ("if-match", "if-none-match")


def status_of(error: StorageError, headers: Mapping[str, str] = MappingProxyType({})) -> int:
    """The status of `error`, which a request with these headers met.

    What is not as the caller thought is 412 when the caller said what it thought, by If-Match or
    If-None-Match, and 409 when it did not.
    """
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    status = 500 if kind is None else STATUS[kind]
    if status == 409 and any(name in headers for name in _CONDITIONS):
        return 412
    return status
