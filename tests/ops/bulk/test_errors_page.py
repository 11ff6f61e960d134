"""docs/errors.md has every code of bulk work, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from ingenious_ops.bulk import errors

PAGE = (Path(__file__).parents[3] / "docs/errors.md").read_text(encoding="utf-8")


def test_the_page_has_every_code_of_bulk_work() -> None:
    table = PAGE.partition("Those of bulk work")[2].partition("A test compares")[0]
    own = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BulkError)
    }
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == own
