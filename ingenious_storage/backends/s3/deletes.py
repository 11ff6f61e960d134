"""Deletes of many objects by one request: DeleteObjects, 1,000 keys at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.calls import Call, Refusal, Request, refused, unusable
from ingenious_storage.backends.s3.error_codes import rule_for
from ingenious_storage.backends.s3.xml import Reader, Record, document, element
from ingenious_storage.errors import NotFoundError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingenious_storage.backends.s3.service import BucketService

MOST: Final = 1000
"""Keys of one request, the service's limit."""
_ANSWER_BYTES: Final = 16 * 1024 * 1024
_ERROR: Final = "Error"


def delete_batch(
    service: BucketService, path: str, keys: Sequence[str]
) -> dict[str, StorageError | None]:
    """What became of each key; missing ones are gone.

    Args:
        path: that of the bucket.

    Raises: StorageError of the whole request, or of a key that may be asked for again.
    """
    call = Call("delete_many")
    objects = "".join(element("Object", ("Key", key)) for key in keys)
    body = document("Delete", f"{objects}<Quiet>true</Quiet>")
    headers = {"content-type": "application/xml", **service.digest(body, always=True)}
    records: list[Record] = []
    reader = Reader("DeleteResult", frozenset(("Error", "Deleted")), _taking(records))
    request = Request("POST", path, {"delete": ""}, headers, body)
    service.send(call, request, limit=_ANSWER_BYTES, sink=reader.feed)
    result: dict[str, StorageError | None] = dict.fromkeys(keys)
    try:
        reader.finish()
        for record in records:
            key = record["Key"]
            if key not in result:
                raise ValueError("it names a key that was not asked for")
            result[key] = _error(key, record["Code"])
    except (ValueError, KeyError):
        raise unusable(call, "it does not say what became of each key") from None
    for error in result.values():
        if error is not None and error.retryable:
            raise error
    return result


def _taking(records: list[Record]) -> Callable[[str, Record], None]:
    def take(name: str, record: Record) -> None:
        if name == _ERROR:
            records.append(record)

    return take


def _error(key: str, code: str) -> StorageError | None:
    error = refused(
        Call("delete_many", key), Refusal("S3", 200, code, None, None), rule_for(400, code)
    )
    return None if isinstance(error, NotFoundError) else error
