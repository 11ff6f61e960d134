"""Query: what people type, read as words to look for and fields that must fit.

No input is an error of syntax: what is no field is a word, signs between words part them, and a
quotation that does not end goes to the end. Only a date that is none, a kind that there is not, or
far too many words are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from ingenious_storage.catalogue.index import times
from ingenious_storage.catalogue.records import KINDS, DocumentKind, Query
from ingenious_storage.catalogue.words import facets, folding
from ingenious_storage.catalogue.words.cjk import RUN, pairs, pieces
from ingenious_storage.errors import InvalidDataError

MOST_WORDS: Final = 100
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


@dataclass(frozen=True, slots=True)
class Search:
    """A query that was read: all must fit."""

    phrases: tuple[Phrase, ...] = ()
    none_of: tuple[Phrase, ...] = ()
    facets: tuple[str, ...] = ()
    none_of_facets: tuple[str, ...] = ()
    kinds: frozenset[DocumentKind] = frozenset(KINDS)
    after: int | None = None
    """In microseconds, as `times` counts them."""
    before: int | None = None
    deleted: bool = False


def read(query: Query) -> Search:
    """Raises: InvalidDataError, before any I/O."""
    search = Search(
        facets=(*map(facets.of_tag, query.tags), *map(facets.of_author, _one(query.author))),
        kinds=frozenset(KINDS if query.kind is None else (_kind(query.kind),)),
        after=_moment(query.after),
        before=_moment(query.before),
        deleted=query.deleted,
    )
    for part in _PART.finditer(query.words.translate(_QUOTES)):
        search = _with(search, part)
    if len(search.phrases) + len(search.none_of) + len(search.facets) > MOST_WORDS:
        raise InvalidDataError(
            f"more than {MOST_WORDS} words are looked for", hint="Look for fewer words."
        )
    return search


def _with(search: Search, part: re.Match[str]) -> Search:
    value, negated = part["quoted"] or part["plain"] or "", part["no"] is not None
    if part["field"] is not None:
        return _with_field(search, part["field"].lower(), value.rstrip("*"), negated=negated)
    begins = part["begins"] is not None or (part["plain"] is not None and value.endswith("*"))
    phrases = tuple(_phrases(value, is_quoted=part["quoted"] is not None, begins=begins))
    if negated:
        return replace(search, none_of=search.none_of + phrases)
    return replace(search, phrases=search.phrases + phrases)


def _phrases(value: str, *, is_quoted: bool, begins: bool) -> Iterator[Phrase]:
    """Signs join words to one phrase, as in `chat-17`; CJK beside other words is one of its own."""
    parts = [value] if is_quoted else [each for each in _RUNS.split(value) if each]
    for number, part in enumerate(parts):
        if words := tuple(folding.words(part)):
            yield Phrase(words, begins and number == len(parts) - 1)


def _with_field(search: Search, field: str, value: str, *, negated: bool) -> Search:
    if field == "kind":
        kind = {_kind(value.lower())}
        return replace(search, kinds=search.kinds - kind if negated else search.kinds & kind)
    if field in {"tag", "author"}:
        facet = facets.of_tag(value) if field == "tag" else facets.of_author(value)
        if negated:
            return replace(search, none_of_facets=(*search.none_of_facets, facet))
        return replace(search, facets=(*search.facets, facet))
    date = _date(field, value)
    if (field == "after") is not negated:
        return replace(search, after=max(date, search.after or 0))
    return replace(search, before=date if search.before is None else min(date, search.before))


def _one(value: str | None) -> Iterator[str]:
    if value is not None:
        yield value


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
