"""Limits of Azure Blob Storage, of both drivers.

Sources: "Scalability and performance targets for Blob storage", "Setting and retrieving properties
and metadata for Blob service resources": names of metadata are identifiers of C#.
"""

from __future__ import annotations

from typing import Final

from ingenious_storage.backends.limits import StoreLimits

BLOCKS: Final = 50_000
"""Of one blob; each has 8 MiB here."""

LIMITS: Final = StoreLimits(
    blob_bytes=BLOCKS * 8 * 1024 * 1024,
    metadata_bytes=8 * 1024,
    metadata_name=r"[A-Za-z_][A-Za-z0-9_]*",
    metadata_is_ascii=True,
)
