"""The rules themselves, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from ingenious_ops.audit.errors import AuditError
from ingenious_ops.audit.findings import Rule, rule_of
from ingenious_ops.audit.semgrep import RULES


def load(more: Sequence[Path] = ()) -> list[Rule]:
    """Those that come with this tool, then those in `more`. Raises: AuditError."""
    return [rule for place in (RULES, *more) for file in files(place) for rule in _rules(file)]


def files(place: Path) -> list[Path]:
    """The rule files that Semgrep reads below a folder, by name; or the one file."""
    if place.is_file():
        return [place]
    found = (path for path in place.rglob("*") if path.suffix in {".yml", ".yaml"})
    return sorted(found, key=lambda path: (path.name, path))


def _rules(file: Path) -> Iterator[Rule]:
    try:
        records = yaml.safe_load(file.read_bytes())["rules"]
        yield from [rule_of(record) for record in records]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise AuditError(f"{file} is no rule file: {reason}") from None
