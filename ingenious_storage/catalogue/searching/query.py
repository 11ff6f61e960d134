"""Query: what people type, read as words to look for and fields that must fit.

No input is an error of syntax: what is no field is a word, signs between words part them, and a
quotation that does not end goes to the end. Only a date that is none, a kind that there is not, or
far too many words are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ingenious_storage.catalogue.index import times
from ingenious_storage.catalogue.records import KINDS, DocumentKind, Query
from ingenious_storage.catalogue.words import facets, folding
from ingenious_storage.catalogue.words.cjk import RUN, pairs, pieces
from ingenious_storage.errors import InvalidDataError

MOST_WORDS: Final = 100
_KINDS: Final = frozenset(KINDS)
_QUOTES: Final = str.maketrans("“”„‟«»\uff02", '"' * 7)
_PART: Final = re.compile(
    r"""(?P<no>-)? (?: (?P<field>tag|author|after|before|kind) : (?=\S) )?
    (?: "(?P<quoted>[^"]*)"? | (?P<plain>[^\s"]+) ) (?P<begins>\*)?""",
    re.VERBOSE | re.IGNORECASE,
)
_RUNS: Final = re.compile(f"({RUN.pattern})")
_YEAR: Final = re.compile(r"\d{4}(-\d{2})?")
_HINT: Final = "Give a day, such as after:2026-01-31, or a time, such as 2026-01-31T15:00+01:00."


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side, folded; most are one word."""

    words: tuple[str, ...]
    begins: bool
    """Whether the last word may go on."""

    @property
    def is_run(self) -> bool:
        """Whether it is nothing but CJK side by side."""
        return len(self.words) == 1 and RUN.match(self.words[0]) is not None

    @property
    def expression(self) -> str:
        """For FTS5. Words hold no quotation marks: those part words."""
        *before, last = self.words
        found, begins = [*map(pieces, before)], self.begins
        if RUN.match(last):
            begins = len(last) == 1  # it is a piece, or a piece begins with it
            found.append(last if begins else pairs(last))
        else:
            found.append(last)
        return f'"{" ".join(found)}"{"*" if begins else ""}'


@dataclass(slots=True)
class Search:
    """A query that was read: all must fit."""

    phrases: list[Phrase] = field(default_factory=list)
    none_of: list[Phrase] = field(default_factory=list)
    facets: list[str] = field(default_factory=list)
    none_of_facets: list[str] = field(default_factory=list)
    kinds: frozenset[DocumentKind] = _KINDS
    after: int | None = None
    """In microseconds, as `times` counts them."""
    before: int | None = None
    deleted: bool = False


def read(query: Query) -> Search:
    """Raises: InvalidDataError, before any I/O."""
    for each in (query.words, query.author or "", *query.tags):
        if not each.isascii():
            _require_text(each)
    search = Search(
        facets=[facets.of_tag(tag) for tag in query.tags],
        after=_moment(query.after),
        before=_moment(query.before),
        deleted=query.deleted,
    )
    if query.author is not None:
        search.facets.append(facets.of_author(query.author))
    if query.kind is not None:
        search.kinds = frozenset((_kind(query.kind),))
    words = query.words if query.words.isascii() else query.words.translate(_QUOTES)
    for part in _PART.finditer(words):
        _add(search, part)
    if len(search.phrases) + len(search.none_of) + len(search.facets) > MOST_WORDS:
        raise InvalidDataError(
            f"more than {MOST_WORDS} words are looked for", hint="Look for fewer words."
        )
    return search


def _require_text(given: str) -> None:
    """A lone surrogate, as a terminal makes of bytes that are no UTF-8, is in no document."""
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise InvalidDataError(
            f"what is looked for is no text at character {error.start}", hint="Give it as UTF-8."
        ) from None


def _add(search: Search, part: re.Match[str]) -> None:
    no, field, quoted, plain, begins = part.groups()
    value = quoted or plain or ""
    if field is not None:
        _add_field(search, field.lower(), value.rstrip("*"), negated=no is not None)
        return
    phrases = search.phrases if no is None else search.none_of
    is_open = begins is not None or (plain is not None and plain.endswith("*"))
    phrases += _phrases(value, is_quoted=quoted is not None, begins=is_open)


def _phrases(value: str, *, is_quoted: bool, begins: bool) -> list[Phrase]:
    """Signs join words to one phrase, as in `chat-17`; CJK beside other words is one of its own."""
    if is_quoted or value.isascii():
        words = folding.words(value)
        return [Phrase(tuple(words), begins)] if words else []
    parts = [each for each in _RUNS.split(value) if each]
    found = [
        (number, words) for number, part in enumerate(parts, 1) if (words := folding.words(part))
    ]
    return [Phrase(tuple(words), begins and number == len(parts)) for number, words in found]


def _add_field(search: Search, field: str, value: str, *, negated: bool) -> None:
    if field == "kind":
        kind = {_kind(value.lower())}
        search.kinds = search.kinds - kind if negated else search.kinds & kind
    elif field in {"tag", "author"}:
        found = search.none_of_facets if negated else search.facets
        found.append(facets.of_tag(value) if field == "tag" else facets.of_author(value))
    else:
        date = _date(field, value)
        if (field == "after") is not negated:
            search.after = max(date, search.after or 0)
        else:
            search.before = date if search.before is None else min(date, search.before)


def _kind(value: str) -> DocumentKind:
    found = next((kind for kind in KINDS if kind == value), None)
    if found is None:
        hint = f"Give one of {', '.join(KINDS)}."
        raise InvalidDataError(f"there is no kind {value!r}", hint=hint)
    return found


def _moment(value: datetime | None) -> int | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise InvalidDataError(f"{value} has no time zone", hint="Give it one, such as UTC.")
    return times.microseconds(value)


def _date(field: str, value: str) -> int:
    """A day begins in UTC where no zone is given; a year or a month with its first day."""
    text = value + "-01-01"[len(value) - 4 :] if _YEAR.fullmatch(value) else value
    try:
        found = datetime.fromisoformat(text)
        return times.microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise InvalidDataError(f"{field}:{value} is no date", hint=_HINT) from None
