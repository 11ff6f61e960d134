"""Tokens of pages: they lead on in the list that they are of, and nowhere else."""

from __future__ import annotations

import pytest

from ingenious_ops.api import pages
from ingenious_ops.api.errors import InvalidRequestError


@pytest.mark.parametrize("name", ["", "a/b", "東京 \U0001f600", "x" * 500])
def test_a_token_is_a_position(name: str) -> None:
    token = pages.token_of("memories a", name)
    assert pages.text_position(token, "memories a") == name
    assert token.isascii()
    assert "=" not in token
    assert pages.number_position(pages.token_of("revisions", 7), "revisions") == 7
    assert pages.text_position(None, "memories") is None


def test_what_is_no_token_of_this_list_is_refused() -> None:
    token = pages.token_of("memories", "a")
    flipped = [token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :] for at in range(8)]
    wrong = ["", "a", "????", token[1:], token[:-1], token + "AA", "A" * 4000, *flipped]
    for each in wrong:
        with pytest.raises(InvalidRequestError, match="not one of this list"):
            pages.text_position(each, "memories")
    for of in ("memories b", "sets"):
        with pytest.raises(InvalidRequestError):
            pages.text_position(token, of)
    with pytest.raises(InvalidRequestError):
        pages.number_position(token, "memories")
