"""Facets: what a document is filtered by besides its words, as words of a column of their own.

An author and a tag are words made by a hash, so that any character can stand in them, and case
does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from ingenious_storage.catalogue.records import DocumentKind


def of_kind(kind: DocumentKind) -> str:
    """Of every document there is exactly one."""
    return f"k{kind}"


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
    return letter + blake2b(value.casefold().encode(), digest_size=8).hexdigest()
