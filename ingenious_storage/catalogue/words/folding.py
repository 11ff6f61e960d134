"""Folding: characters as SQLite's tokenizer `unicode61` takes them, asked of itself.

It knows which characters are in words, and makes one of those that differ in case or accent. What
it says of a character is remembered.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from contextlib import closing
from typing import Final

from ingenious_storage.catalogue.words import facets
from ingenious_storage.catalogue.words.cjk import RUN

ACCENT: Final = "\u0301"
"""Stands for an accent by itself: it belongs to a word, and does not matter."""
TOKENIZER: Final = "unicode61 remove_diacritics 2"
_TABLE: Final = f"create virtual table one using fts5 (text, tokenize='{TOKENIZER}')"
_WORDS: Final = "create virtual table found using fts5vocab (one, instance)"


_characters: Final = {
    code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
}
"""By code point: the folded character, ACCENT, or a space for what parts words."""
_known: Final = set(map(chr, _characters))


def _learn(characters: Iterable[str]) -> None:
    import sqlite3  # noqa: PLC0415  # for who searches

    codes = [ord(character) for character in characters]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(_TABLE)
        db.execute(_WORDS)
        rows = ((code, f"q{chr(code)}q") for code in codes)
        db.executemany("insert into one (rowid, text) values (?, ?)", rows)
        found = db.execute("select doc, group_concat(term, ' ') from found group by doc")
        for code, folded in found.fetchall():
            _characters[code] = " " if " " in folded else folded[1:-1] or ACCENT


def composed(text: str) -> str:
    """The same with each accent in its letter, where Unicode has such a letter, and no facet."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).replace(facets.MARK, " ")


def fold(text: str) -> str:
    """A composed text with each character as it is compared: another one of the same length."""
    if not text.isascii() and (unknown := set(text) - _known):
        of_cjk = {each for each in unknown if RUN.match(each)}
        _characters.update((ord(each), each) for each in of_cjk)
        if unknown - of_cjk:
            _learn(unknown - of_cjk)
        _known.update(unknown)  # last: another thread may ask
    return text.translate(_characters)


def words(text: str) -> list[str]:
    """The words of a text as they are compared; a run of CJK is one."""
    if text.isascii():
        return text.translate(_characters).split()
    whole = composed(text)
    if RUN.fullmatch(whole):
        return [whole]
    parted = RUN.sub(r" \g<0> ", whole)
    return [word for word in fold(parted).replace(ACCENT, "").split(" ") if word]
