"""Checks of S3: what `doctor` asks of its services only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingenious_storage.backends.s3.bucket import Bucket
from ingenious_storage.backends.s3.preconditions import check_writes, honours_deletes
from ingenious_storage.errors import StorageError

if TYPE_CHECKING:
    from ingenious_storage.config import StorageSettings


def deletes(settings: StorageSettings) -> str:
    """What conditional deletes are on this service. Why nobody can write there, others tell."""
    bucket = Bucket(settings.s3_account(), settings.container_data)
    try:
        opened = bucket.opened()
        send, root = opened.service.send, opened.root
        check_writes(send, root, "put")
        are_honoured = honours_deletes(send, root)
    except StorageError as error:
        return f"not asked, as a first write was refused: {error.service_code or error.code}"
    finally:
        bucket.close()
    if are_honoured:
        return "those with a condition spare what somebody else wrote"
    return "the service ignores their conditions, so those with one are refused here"
