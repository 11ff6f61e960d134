"""Purged: what one purge erased, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from ingenious_storage import PurgeReceipt


def purged_json(receipt: PurgeReceipt) -> dict[str, Any]:
    """The receipt of one purge; its fields are those of `PurgeReceipt`."""
    until = receipt.recoverable_until
    return {
        "key": receipt.key,
        "revisions": receipt.revisions,
        "blobs": receipt.blobs,
        "bytes": receipt.bytes,
        "keys": None if receipt.keys is None else list(receipt.keys),
        "purged_at": timestamp(receipt.purged_at),
        "recoverable_until": None if until is None else timestamp(until),
    }
