"""Corpus: documents of invented words, as frequent as words are, made straight into an index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final

from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.records import Row

VOCABULARY: Final = 60_000
_FEWEST, _MOST = 15, 55
"""Words of a document; 35 in the mean."""
_LETTERS: Final = "etaoinshrdlucmfwypvbgk"
_CJK: Final = [chr(0x4E00 + n) for n in range(3000)]
_BEGIN: Final = datetime(2025, 1, 1, tzinfo=UTC)


@cache
def word(rank: int) -> str:
    """The word of a rank, 0 for the most frequent: each its own, from two letters on."""
    number, letters = rank + len(_LETTERS), ""
    while number:
        number, digit = divmod(number, len(_LETTERS))
        letters += _LETTERS[digit]
    return letters


@cache
def _weights() -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))


@cache
def _cjk_weights() -> list[float]:
    return list(accumulate(1 / (rank + 20) for rank in range(len(_CJK))))


def rank_in(share: float) -> int:
    """The rank of the word that stands in about this share of all documents."""
    total = _weights()[-1]
    words = (_FEWEST + _MOST) / 2

    def found(rank: int) -> float:
        return 1.0 - float((1 - 1 / (rank + 2.7) / total) ** words)

    return min(range(VOCABULARY), key=lambda rank: abs(found(rank) - share))


def rows(documents: int) -> Iterator[Row]:
    """In the order of their keys, as a store lists them; their times are in another one."""
    random, weights = Random(6), _weights()
    for number in range(documents):
        picked = random.choices(
            range(VOCABULARY), cum_weights=weights, k=random.randint(_FEWEST, _MOST)
        )
        text = " ".join(map(word, picked))
        if number % 10 == 0:
            text += "".join(random.choices(_CJK, cum_weights=_cjk_weights(), k=20))
        yield Row(
            kind="memory",
            key=f"conversations/chat-{number:08d}/memory.json",
            etag=f"0x8DE{number:012X}",
            name=f"chat-{number:08d}",
            revision=1,
            changed=_BEGIN + timedelta(seconds=31 * (number * 7919 % documents)),
            author=f"user-{number % 500}",
            message=None,
            tags=(f"tag-{number % 1000}",),
            size=len(text),
            deleted=False,
            text=text,
        )


if __name__ == "__main__":
    Index(Path(sys.argv[1])).put(rows(int(sys.argv[2])))
