"""`Document`: the data of one revision, as a caller gets them."""

from __future__ import annotations

from typing import NamedTuple

from ingenious_storage import jsondata
from ingenious_storage.documents.format.encoding import encoding_of
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.revision import Revision
from ingenious_storage.jsondata import Json


class Document(NamedTuple):  # made in half the time of a data class: once a read
    """The data of one revision, a fresh copy, with the revision and the document's own name."""

    data: Json
    revision: Revision
    name: str


def document_of(head: Head, revision: Revision, data: bytes) -> Document:
    """With the data of a revision behind `head`.

    Raises: CorruptObjectError; UnsupportedFormatError for an encoding that is not known.
    """
    if "encoding" in head.fields:
        return Document(
            encoding_of(head.encoding, key=head.key).loads(data, key=head.key), revision, head.name
        )
    return Document(jsondata.loads(data, key=head.key), revision, head.name)
