"""docs/doctor.md names every check, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from ingenious_ops.configuration import Configuration
from ingenious_ops.doctor.context import Context
from ingenious_ops.doctor.order import FIRST, choose
from ingenious_ops.doctor.runner import LEFT
from ingenious_storage.config import Settings, StorageSettings

SETTINGS = (
    Settings(StorageSettings(type="azure_blob", account_name="contosoagents")),
    Settings(StorageSettings(type="s3", s3={"region": "eu-central-1"})),
    Settings(StorageSettings(type="gcs")),
    Settings(StorageSettings(type="inmemory")),
    Settings(StorageSettings(type="sharded", sharded={"shards": {"a": {"type": "inmemory"}}})),
    Settings(
        StorageSettings(
            compression={"enabled": True},
            encryption={"provider": "key_file", "key_file": "vault.key"},
            cache={"max_bytes": 1},
            catalogue={"plain_index": True},
        )
    ),
    Settings(),
    None,
)
PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"


def names(settings: Settings | None) -> set[str]:
    context = Context(Configuration(), request_timeout=1, settings=settings)
    return {
        check.name for check in (*FIRST, *choose(context, revisions=True, compares_drivers=True))
    }


def test_every_check_is_described() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    described = {name for row in rows for name in re.findall(r"`([\w.]+)`", row.split(" | ")[0])}
    every = {name for settings in SETTINGS for name in names(settings)}
    assert described == every | {LEFT}


def test_what_a_check_needs_comes_before_it() -> None:
    for settings in SETTINGS:
        context = Context(Configuration(), request_timeout=1, settings=settings)
        seen: set[str] = set()
        for check in (*FIRST, *choose(context, revisions=True, compares_drivers=True)):
            assert seen >= set(check.needs), check.name
            assert check.name not in seen
            seen.add(check.name)
