"""Limits of S3.

Sources: "Creating object key names", "Amazon S3 multipart upload limits" and "Working with object
metadata" of the S3 user guide.
"""

from __future__ import annotations

from typing import Final

from ingenious_storage.backends.limits import StoreLimits

MAX_PARTS: Final = 10_000
KEY_BYTES: Final = 1024
BLOB_BYTES: Final = 5 * 1024**4

LIMITS: Final = StoreLimits(
    key_bytes=KEY_BYTES,
    blob_bytes=BLOB_BYTES,
    metadata_bytes=2 * 1024,
    metadata_name=r"[A-Za-z0-9!#$%&'*+.^_`|~-]+",
    metadata_is_ascii=True,
)
