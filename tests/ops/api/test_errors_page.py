"""docs/errors.md has every code of the API, with the status that it is sent with."""

from __future__ import annotations

import re
from pathlib import Path

from ingenious_ops.api import errors
from ingenious_ops.api.statuses import STATUS
from ingenious_storage.errors import StorageError

PAGE = (Path(__file__).parents[3] / "docs/errors.md").read_text(encoding="utf-8")


def test_the_page_has_every_code_of_the_api_with_its_status() -> None:
    own = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, StorageError) and "code" in vars(kind)
    ]
    table = PAGE.partition("Those of the HTTP API")[2].partition("Those of `migrate`")[0]
    said = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", table, re.MULTILINE))
    assert said == {kind.code: str(STATUS[kind]) for kind in own if kind is not StorageError}
