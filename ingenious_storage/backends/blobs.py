"""Blobs: what a store says of one, its bytes, and a page of a listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

BINARY: Final = "application/octet-stream"
JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"

_FOLDER_METADATA: Final = frozenset({"hdi_isfolder", "asv_isfolder"})
"""Of accounts with a hierarchical namespace, blobfuse, Spark and Hadoop; the second is older."""
_FOLDER_SUFFIX: Final = "_$folder$"
"""Of Hadoop on other stores, and of what was copied from there."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What a store keeps with a blob, beside its bytes and its content type.

    The four headers are those of RFC 9110 and RFC 6266: a store gives them back as they are, and
    does nothing by them.
    """

    content_encoding: str | None = None
    content_language: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The user's own. Names ignore case."""


NO_PROPERTIES: Final = Properties()


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What the store says of a blob. `etag` is opaque and compares equal between all calls."""

    key: str
    etag: str
    size: int
    """Bytes of the whole blob, whatever range was read."""
    last_modified: datetime
    """The store's own clock, with a time zone."""
    content_type: str | None = None
    properties: Properties = NO_PROPERTIES
    """In a listing with the metadata only where it was asked for; none of what was just written."""
    is_archived: bool = False
    """It cannot be read before it is brought back to an online tier."""

    def sized(self, size: int) -> BlobInfo:
        """The same with another size."""
        return replace(self, size=size)

    @property
    def is_folder_marker(self) -> bool:
        """Whether a blob without bytes stands for a folder; told by its name or its metadata."""
        return not self.size and (
            self.key.endswith(("/", _FOLDER_SUFFIX))
            or any(
                name.lower() in _FOLDER_METADATA and value.lower() == "true"
                for name, value in self.properties.metadata.items()
            )
        )


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob, or the range of it that was asked for."""

    data: bytes
    info: BlobInfo


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, in lexicographic order; `token` None means that it is the last."""

    blobs: tuple[BlobInfo, ...]
    prefixes: tuple[str, ...] = ()
    token: str | None = None
