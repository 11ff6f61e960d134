"""Listings of a bucket: one page by ListObjectsV2, read while it arrives.

Keys travel percent-encoded (`encoding-type=url`): XML has no room for some characters.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, unquote_plus

from ingenious_storage.backends.base import BlobInfo, Page
from ingenious_storage.backends.s3.values import ARCHIVED, quoted
from ingenious_storage.backends.s3.xml import MalformedError, Reader, Record

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_KEYS: Final = 1000
"""Of one page, whatever is asked for."""
MAX_BYTES: Final = 16 * 1024 * 1024
"""Of one page: 1,000 keys of 1,024 bytes, each of them encoded as three, with all that is said of
them."""
_BLOB: Final = "Contents"
_PREFIX: Final = "CommonPrefixes"


def query_of(prefix: str, delimiter: str | None, token: str | None, limit: int) -> dict[str, str]:
    """What asks for a page."""
    query = {"list-type": "2", "encoding-type": "url", "max-keys": str(min(limit, MAX_KEYS))}
    if prefix:
        query["prefix"] = prefix
    if delimiter is not None:
        query["delimiter"] = delimiter
    if token is not None:
        query["continuation-token"] = token
    return query


class Listing:
    """The answer to one ListObjectsV2: `feed` takes it in pieces, `page` is what it says."""

    def __init__(self) -> None:
        self._blobs: list[Record] = []
        self._prefixes: list[str] = []
        self._reader = Reader("ListBucketResult", frozenset((_BLOB, _PREFIX)), self._take)
        self.feed = self._reader.feed

    def page(self) -> Page:
        """Raises: ValueError when it is no listing, or not a whole one."""
        self._reader.finish()
        fields = self._reader.fields
        decode = self._decoder(fields.get("EncodingType"))
        token = None
        if fields.get("IsTruncated") == "true":
            token = fields.get("NextContinuationToken")
            if not token:
                raise MalformedError("it has more pages, and no token for the next one")
        elif fields.get("IsTruncated") != "false":
            raise MalformedError("it does not say whether there is more")
        return Page(
            tuple(_info(record, decode) for record in self._blobs),
            tuple(map(decode, self._prefixes)),
            token,
        )

    def _take(self, name: str, record: Record) -> None:
        if name == _BLOB:
            self._blobs.append(record)
        else:
            self._prefixes.append(record["Prefix"])

    def _decoder(self, encoding: str | None) -> Callable[[str], str]:
        if not encoding:  # versitygw has the element, and nothing in it
            return str
        if encoding != "url":
            raise MalformedError("its keys are in an unknown encoding")
        return _decoded


def _decoded(text: str) -> str:
    """A space is a plus sign at AWS, and %20 elsewhere; a plus sign is %2B at both."""
    if "+" in text:
        return unquote_plus(text, errors="strict")
    return unquote(text, errors="strict") if "%" in text else text


def _info(record: Record, decode: Callable[[str], str]) -> BlobInfo:
    return BlobInfo(
        decode(record["Key"]),
        quoted(record["ETag"]),
        int(record["Size"]),
        # To the second, as in all other answers: some services say more here.
        datetime.fromisoformat(record["LastModified"]).replace(microsecond=0),
        None,
        is_archived=record.get("StorageClass") in ARCHIVED,
    )
