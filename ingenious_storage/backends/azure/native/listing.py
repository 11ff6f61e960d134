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
"""Characters between two tags, if they come in pieces; a name has 1,024, each nine when encoded."""
_MAX_DEPTH: Final = 12
_ROOT, _SECTION, _ITEM, _PART = 1, 2, 3, 4  # how deep each element is; fields are in parts


class Listing:
    """Reads one page. `feed` it with what arrives; `page` is the result.

    A document type is refused: entities of its own are how a small XML becomes a large one.
    """

    def __init__(self) -> None:
        self._blobs: list[BlobInfo] = []
        self._prefixes: list[str] = []
        self._marker = self._name = ""
        self._texts: list[str] = []
        """Of the element that is open: one piece, unless it is long."""
        self._fields: dict[str, str] = {}
        self._metadata: dict[str, str] = {}
        self._depth, self._is_encoded, self._part = 0, False, self._fields
        parser = expat.ParserCreate("utf-8")  # whatever the document says
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._texts.append
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
        _checked(self._texts)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if self._texts:
            self._texts.clear()
        if depth == _PART:
            self._is_encoded = attributes.get("Encoded") == "true"
            self._part = {"Properties": self._fields, "Metadata": self._metadata}.get(name, {})
        elif depth == _ITEM:
            self._fields, self._metadata, self._name = {}, {}, ""
        elif depth == _ROOT and name != "EnumerationResults":
            raise _damaged("it is another document")
        elif depth > _MAX_DEPTH:
            raise _damaged("it is nested too deeply")

    def _end(self, name: str) -> None:
        self._depth = depth = self._depth - 1
        texts = self._texts
        if depth == _PART:  # so a field has ended
            self._part[name] = texts.pop() if len(texts) == 1 else _checked(texts)
        elif depth == _ITEM and name == "Name":
            text = _checked(texts)
            # Of a name with signs that XML does not have.
            self._name = unquote(text, errors="strict") if self._is_encoded else text
        elif depth == _SECTION and name == "Blob":
            self._blobs.append(_info(self._name, self._fields, self._metadata))
        elif depth == _SECTION and name == "BlobPrefix":
            self._prefixes.append(_existing(self._name))
        elif depth == _ROOT and name == "NextMarker":
            self._marker = _checked(texts)
        texts.clear()


def _checked(texts: list[str]) -> str:
    if len(texts) > 1 and sum(map(len, texts)) > _MAX_TEXT:
        raise _damaged("a text in it is too long")
    return "".join(texts)


def _existing(name: str) -> str:
    if not name:
        raise KeyError("Name")
    return name


def _info(name: str, fields: dict[str, str], metadata: dict[str, str]) -> BlobInfo:
    get = fields.get
    encoding, language = get("Content-Encoding"), get("Content-Language")
    disposition, cache = get("Content-Disposition"), get("Cache-Control")
    properties = NO_PROPERTIES
    if encoding or language or disposition or cache or metadata:
        properties = Properties(
            encoding or None, language or None, disposition or None, cache or None, metadata
        )
    return BlobInfo(
        _existing(name),
        etag_of(fields["Etag"]),
        number_of_bytes(fields["Content-Length"]),
        read_date(fields["Last-Modified"]),
        get("Content-Type") or None,
        properties,
        get("AccessTier") == "Archive",
    )


def _refuse(*_: Any) -> NoReturn:
    raise ValueError("it has a document type")


def _damaged(problem: str) -> HttpError:
    return HttpError(Failure.MALFORMED, f"the listing cannot be read: {problem}", sent=True)
