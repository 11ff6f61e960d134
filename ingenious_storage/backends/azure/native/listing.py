"""Listings: the XML of List Blobs, read while it arrives, without a tree."""

from __future__ import annotations

from typing import Any, Final, NoReturn
from urllib.parse import unquote
from xml.parsers import expat

from ingenious_storage.backends.azure.native.values import etag_of, number_of_bytes
from ingenious_storage.backends.base import NO_PROPERTIES, BlobInfo, Page, Properties
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.http.errors import Failure, HttpError

MAX_LISTING: Final = 512 * 1024 * 1024
"""Bytes of one page: 5,000 blobs with 8 KiB of metadata each, in XML that escapes every sign."""
_MAX_TEXT: Final = 64 * 1024
"""Characters between two tags; a name has at most 1,024, each nine when encoded."""
_MAX_DEPTH: Final = 12
_ROOT, _SECTION, _ITEM, _PART, _FIELD = 1, 2, 3, 4, 5  # how deep each element is


class Listing:
    """Reads one page. `feed` it with what arrives; `page` is the result.

    A document type is refused: entities of its own are how a small XML becomes a large one.
    """

    def __init__(self) -> None:
        self._depth, self._text, self._part, self._marker = 0, "", "", ""
        self._is_encoded = False
        self._fields: dict[str, str] = {}
        self._metadata: dict[str, str] = {}
        self._name = ""
        self._blobs: list[BlobInfo] = []
        self._prefixes: list[str] = []
        parser = expat.ParserCreate("utf-8")  # whatever the document says
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        self._parser = parser

    def feed(self, data: bytes) -> None:
        """Bytes of the body. Raises: HttpError for what is no listing."""
        self._parse(data, is_last=False)

    def page(self) -> Page:
        """What was listed, once all has arrived. Raises: HttpError when it is cut or damaged."""
        self._parse(b"", is_last=True)
        return Page(tuple(self._blobs), tuple(self._prefixes), self._marker or None)

    def _parse(self, data: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            raise _damaged(expat.errors.messages.get(error.code, "no XML")) from None
        except KeyError as error:
            raise _damaged(f"a blob has no {error}") from None
        except ValueError as error:
            raise _damaged(str(error)) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._text = ""
        if self._depth == _PART:
            self._part = name
            self._is_encoded = attributes.get("Encoded") == "true"
        elif self._depth == _ITEM:
            self._fields, self._metadata, self._name = {}, {}, ""
        elif self._depth == _ROOT and name != "EnumerationResults":
            raise ValueError("it is another document")
        elif self._depth > _MAX_DEPTH:
            raise ValueError("it is nested too deeply")

    def _characters(self, text: str) -> None:
        self._text += text
        if len(self._text) > _MAX_TEXT:
            raise ValueError("a text in it is too long")

    def _end(self, name: str) -> None:
        depth, text = self._depth, self._text
        self._depth, self._text = depth - 1, ""
        if depth == _FIELD:
            if self._part == "Properties":
                self._fields[name] = text
            elif self._part == "Metadata":
                self._metadata[name] = text
        elif depth == _PART:
            if name == "Name":
                # Of a name with signs that XML does not have.
                self._name = unquote(text, errors="strict") if self._is_encoded else text
        elif depth == _ITEM:
            self._add(name)
        elif depth == _SECTION and name == "NextMarker":
            self._marker = text

    def _add(self, kind: str) -> None:
        if kind not in {"Blob", "BlobPrefix"}:
            return
        if not self._name:
            raise KeyError("Name")
        if kind == "Blob":
            self._blobs.append(_info(self._name, self._fields, self._metadata))
        else:
            self._prefixes.append(self._name)


def _info(name: str, fields: dict[str, str], metadata: dict[str, str]) -> BlobInfo:
    get = fields.get
    properties = Properties(
        get("Content-Encoding") or None,
        get("Content-Language") or None,
        get("Content-Disposition") or None,
        get("Cache-Control") or None,
        metadata,
    )
    return BlobInfo(
        name,
        etag_of(fields["Etag"]),
        number_of_bytes(fields["Content-Length"]),
        read_date(fields["Last-Modified"]),
        get("Content-Type") or None,
        NO_PROPERTIES if properties == NO_PROPERTIES else properties,
        get("AccessTier") == "Archive",
    )


def _refuse(*_: Any) -> NoReturn:
    raise ValueError("it has a document type")


def _damaged(problem: str) -> HttpError:
    return HttpError(Failure.MALFORMED, f"the listing cannot be read: {problem}", sent=True)
