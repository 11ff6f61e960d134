"""CJK: Chinese, Japanese and Korean words, which no space parts, as pieces of two characters.

A run of such characters becomes all its pairs and its last character, each a word of its own: of
東京都 are made 東京, 京都 and 都. Two or more characters are then found as a phrase of their pairs,
and one as the beginning of a word.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

CHARACTERS: Final = (
    "\u1100-\u11ff"  # Hangul letters
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"  # marks and numbers
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"  # syllables
    "\u3131-\u318e\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7ff"
    "\uf900-\ufaff\uff66-\uff9f\uffa1-\uffdc"
    "\U00016fe0-\U00018cff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
"""As ranges of a class of a regular expression."""
RUN: Final = re.compile(f"[{CHARACTERS}]+")
"""Characters of CJK, one after another."""


def pieces(text: str) -> str:
    """A text with its runs in pieces."""
    if text.isascii():
        return text
    return RUN.sub(lambda run: f" {' '.join(_pieces(run[0]))} ", text)


def pairs(run: str) -> str:
    """What a run of two or more characters is looked for as: its pieces, without the last one."""
    return " ".join(_pieces(run)[:-1])


def _pieces(run: str) -> list[str]:
    return [*map("".join, pairwise(run)), run[-1]]
