"""Findings as this project reports them: with the code, the step of a migration, and a fingerprint
that survives a move within the file. No secret is in any of them.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ingenious_ops.audit.source import Source
from ingenious_ops.audit.steps import DATA, step_of
from ingenious_storage.config import redact

SEVERITIES: Final = ("info", "warning", "error")
_SAME: Final = {"low": "info", "medium": "warning", "high": "error", "critical": "error"}
_WIDTH: Final = 120
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_LITERAL: Final = re.compile(r"""(["'])[^"']{12,}\1""")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says of all its findings."""

    id: str
    severity: str
    why: str
    instead: str = ""
    step: str = DATA
    docs: str = ""

    @property
    def name(self) -> str:
        """The id without the prefix of the rules that come with this tool."""
        return self.id.removeprefix("ingenious-storage.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in the code base that a rule found."""

    rule: Rule
    path: str
    """As Semgrep gives it: relative where the audited path was."""
    line: int
    column: int
    """Characters, from 1; `utf16` is the same for editors that count in code units of UTF-16."""
    end_line: int
    end_column: int
    utf16: tuple[int, int]
    offset: int
    """The column as Semgrep counts it, in bytes."""
    scope: str
    code: str
    """The first line of it, without secrets."""
    step: str
    fingerprint: str = ""

    @property
    def place(self) -> tuple[str, str, int, int]:
        """The same in every format of Semgrep."""
        return self.rule.id, self.path, self.line, self.offset


def rule_of(record: Mapping[str, Any]) -> Rule:
    """From the `id`, `severity`, `message` and `metadata` of a rule."""
    metadata = record.get("metadata") or {}
    severity = str(record["severity"]).lower()
    return Rule(
        id=str(record["id"]),
        severity=_SAME.get(severity, severity if severity in SEVERITIES else "info"),
        why=redact(str(record["message"])),
        instead=str(metadata.get("instead", "")),
        step=str(metadata.get("step", DATA)),
        docs=str(metadata.get("docs", "")),
    )


def findings_of(results: list[Mapping[str, Any]], root: Path) -> list[Finding]:
    """Sorted by place. `root` is what relative paths are relative to."""
    source = cache(lambda path: Source(root / path))
    secret = {
        (result["path"], line)
        for result in results
        if result["extra"]["metadata"].get("secret")
        for line in range(result["start"]["line"], result["end"]["line"] + 1)
    }
    found = []
    seen: Counter[tuple[str, ...]] = Counter()
    for result in sorted(results, key=_order):
        finding, whole = _finding(result, source(result["path"]), secret)
        same = (finding.rule.id, _relative(finding.path, root), " ".join(whole.split()))
        found.append(replace(finding, fingerprint=_fingerprint(*same, str(seen[same]))))
        seen[same] += 1
    return found


def _finding(
    result: Mapping[str, Any], source: Source, secret: Collection[tuple[str, int]]
) -> tuple[Finding, str]:
    """And its whole code, which may hold a secret."""
    path, start, end = result["path"], result["start"], result["end"]
    rule = rule_of({"id": result["check_id"], **result["extra"]})
    whole = source.code(start["line"], end["line"])
    code = _shown(source.code(start["line"], start["line"]), (path, start["line"]) in secret)
    scope = source.scope(start["line"])
    before = source.before(start["line"], start["col"])
    until = source.before(end["line"], end["col"])
    finding = Finding(
        rule=rule,
        path=path,
        line=start["line"],
        column=len(before) + 1,
        end_line=end["line"],
        end_column=len(until) + 1,
        utf16=(_units(before) + 1, _units(until) + 1),
        offset=start["col"],
        scope=scope,
        code=code,
        step=step_of(rule.step, code, scope, path),
    )
    return finding, whole


def _shown(line: str, secret: bool) -> str:  # noqa: FBT001  # private
    text = _KEY.sub("***", redact(line.strip()))
    text = _LITERAL.sub("***", text) if secret else text
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _order(result: Mapping[str, Any]) -> tuple[str, int, int, str]:
    start = result["start"]
    return result["path"], start["line"], start["col"], result["check_id"]


def _relative(path: str, root: Path) -> str:
    whole = root / path
    return (whole.relative_to(root) if whole.is_relative_to(root) else whole).as_posix()


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
