"""Tables on a terminal of 80 columns: a time or a number never breaks in two lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ingenious_ops.cli.output import table
from ingenious_ops.cli.output.records import HISTORY, LABELS, history_rows, label_rows
from ingenious_ops.times import timestamp
from ingenious_storage import Label, Revision

WHEN = datetime(2026, 11, 28, 21, 33, 23, 123456, UTC)
SECONDS = "2026-11-28T21:33:23Z"
EXACT = "2026-11-28T21:33:23.123456Z"
REVISION = Revision(
    number=1234,
    created_at=WHEN,
    author="somebody.with.a.long.name@department.example.com",
    message="a message that says at some length why it was changed, and by whom it was asked for",
    tags=("release-2026-11", "approved"),
    size=1_234_567_890,
    sha256="0" * 64,
    write_id="w" * 20,
)
LABEL = Label(1234, "w" * 20, name="l" * 50, set="s" * 50, moved=REVISION)

TABLES: dict[str, tuple[Sequence[str], Sequence[Sequence[object]], set[str]]] = {
    "history": (HISTORY, history_rows([REVISION]), {SECONDS, "1234", "1234567890"}),
    "labels": (LABELS, label_rows([LABEL]), {SECONDS}),
    "written": (
        ("container", "key", "last modified", "old"),
        [("data", "conversations/" + "k" * 90, timestamp(WHEN), "differs")],
        {EXACT},
    ),
    "ls": (
        ("conversation", "bytes", "changed", "revisions"),
        [("c" * 120, 1_234_567_890, SECONDS, 1234), ("d", 0, "", 1)],
        {SECONDS, "1234567890", "1234"},
    ),
}


@pytest.mark.parametrize("columns", [80, 100, 72])
@pytest.mark.parametrize("name", TABLES)
def test_what_must_stay_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, columns: int
) -> None:
    headers, rows, whole = TABLES[name]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    table(headers, rows)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= columns
    for text in whole:
        assert any(text in line for line in lines), "\n".join(lines)
    shown = "".join("".join(lines[1:]).split())
    for cell in map(str, rows[0]):  # folded, and nothing of it cut off
        assert set("".join(cell.split())) <= set(shown)
