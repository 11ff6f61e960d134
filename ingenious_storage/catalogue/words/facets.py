"""Facets: what a document is filtered by besides its words, as words of a column of their own.

An author and a tag are words made by a hash, so that any character can stand in them, and case
does not matter. All begin with a character that texts are stripped of: so they are asked for
without naming the column, which would make each common word slower.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from ingenious_storage.catalogue.records import DocumentKind

MARK: Final = "\ue7f3"
"""Of the private use area: a letter to the tokenizer, and in no text of anybody."""


def of_kind(kind: DocumentKind) -> str:
    """Of every document there is exactly one."""
    return f"{MARK}k{kind}"


def of_tag(tag: str) -> str:
    """Of one of its tags."""
    return _word("t", tag)


def of_author(author: str) -> str:
    """Of who made the newest revision."""
    return _word("a", author)


def words(kind: DocumentKind, author: str | None, tags: Iterable[str]) -> str:
    """All of a document."""
    authors = () if author is None else (of_author(author),)
    return " ".join([of_kind(kind), *authors, *map(of_tag, tags)])


def _word(letter: str, value: str) -> str:
    return MARK + letter + blake2b(value.casefold().encode(), digest_size=8).hexdigest()
