"""Deletes of many blobs: in batches, and one by one where a batch does not tell."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.azure.native import batch
from ingenious_storage.backends.rest.calls import Call
from ingenious_storage.errors import (
    AuthenticationError,
    ContainerNotFoundError,
    NotFoundError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.runtime.parallel import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingenious_storage.backends.azure.native.container import Container

_AT_ONCE: Final = 8
_OF_ALL: Final = (ContainerNotFoundError, AuthenticationError)
"""Errors that one delete meets like all others."""


def delete_many(container: Container, keys: Iterable[str]) -> dict[str, StorageError | None]:
    """Delete each key; None for what is gone. As `Backend.delete_many`."""
    wanted = iter(dict.fromkeys(keys))
    result: dict[str, StorageError | None] = {}
    while some := [*islice(wanted, batch.MOST)]:
        if len(some) > 1 and _in_a_batch(container, some):
            result |= dict.fromkeys(some)
        else:
            result |= _one_by_one(container, some)
    return result


def _in_a_batch(container: Container, keys: Sequence[str]) -> bool:
    """Whether all are gone."""
    call = Call("delete_many")
    try:
        kind, body = batch.written(container.inside(call, "DELETE", key) for key in keys)
        request = container.of_itself("POST", {"comp": "batch"})
        request.headers["Content-Type"], request.body = kind, body
        answer = container.send(call, request)
    except UnavailableError:
        return False
    return batch.are_gone(answer.headers, answer.body, len(keys))


def _one_by_one(container: Container, keys: Sequence[str]) -> dict[str, StorageError | None]:
    result: dict[str, StorageError | None] = dict.fromkeys(keys)
    for number, error in each(partial(_delete, container), keys, workers=_AT_ONCE):
        if error is not None and (error.retryable or isinstance(error, _OF_ALL)):
            raise error
        result[keys[number]] = error
    return result


def _delete(container: Container, key: str) -> None:
    try:
        container.send(Call("delete_many", key), container.of_blob("DELETE", key))
    except NotFoundError:
        return
