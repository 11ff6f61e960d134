"""XML of S3: records and single fields of an answer, read while it arrives, by expat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn
from xml.parsers import expat

Record = Mapping[str, str]
"""The texts below one element, by the names of their elements."""
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


class MalformedError(ValueError):
    """It is no XML, or not that of S3. Its text quotes nothing of it."""


class Reader:
    """One document. `feed` never raises: it is called where an error of it would be lost.

    S3's documents are flat: records below the root, and fields below those or the root itself.

    Args:
        root: the name of the root element.
        records: the names of the records.
        take: is called with the name and the fields of each record.
    """

    def __init__(self, root: str, records: frozenset[str], take: Callable[[str, Record], None]):
        self.fields: dict[str, str] = {}
        """The fields of the root; of two with one name the last."""
        self.root = ""
        self._expected, self._records, self._take = root, records, take
        self._record: dict[str, str] = {}
        self._text = ""
        self._problem: Exception | None = None
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._first
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        # No document of S3 has one; entities would make much of little.
        parser.StartDoctypeDeclHandler = self._refuse
        self._parser = parser

    def feed(self, data: bytes) -> None:
        """A piece of the document."""
        self._parse(data, is_last=False)

    def finish(self) -> None:
        """There is no more. Raises: MalformedError."""
        self._parse(b"", is_last=True)
        if self._problem is not None:
            raise MalformedError(f"its XML cannot be read ({self._problem})") from None

    def _parse(self, data: bytes, *, is_last: bool) -> None:
        if self._problem is None:
            try:
                self._parser.Parse(data, is_last)
            except (expat.ExpatError, ValueError, KeyError) as error:
                self._problem = error

    def _first(self, name: str, _attributes: Any) -> None:
        self.root = name
        if name != self._expected:
            raise MalformedError("another root than was expected")
        self._parser.StartElementHandler = self._start

    def _start(self, name: str, _attributes: Any) -> None:
        self._text = ""  # blanks between elements, as services send that indent their answers
        if name in self._records:
            self._record = {}

    def _end(self, name: str) -> None:
        if name in self._records:
            record, self._record = self._record, {}
            self._take(name, record)
        else:
            self._record[name] = self.fields[name] = self._text
        self._text = ""

    def _characters(self, text: str) -> None:
        self._text = text if not self._text else self._text + text

    def _refuse(self, *_: Any) -> NoReturn:
        raise MalformedError("it has a document type")


def read_fields(root: str, body: bytes) -> Record:
    """The fields of a small document. Raises: MalformedError."""
    reader = Reader(root, frozenset(), lambda *_: None)
    reader.feed(body.lstrip())  # blanks are sent while an answer takes its time
    reader.finish()
    return reader.fields


def element(name: str, *fields: tuple[str, str], text: str = "") -> str:
    """An element that holds `text`, or an element for each of `fields`: their names and texts."""
    inner = "".join(element(field, text=value) for field, value in fields)
    # Not by `xml.sax.saxutils`, which imports all of urllib.request.
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{safe}{inner}</{name}>"


def document(root: str, inner: str) -> bytes:
    """A request's body."""
    return f'{_DECLARATION}<{root} xmlns="{_NAMESPACE}">{inner}</{root}>'.encode()
