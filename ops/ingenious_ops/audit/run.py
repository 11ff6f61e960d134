"""One audit: Semgrep's findings, without those that are known or not severe enough."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenious_ops.audit.errors import AuditError
from ingenious_ops.audit.findings import SEVERITIES, Finding, findings_of
from ingenious_ops.audit.named import Named
from ingenious_ops.audit.sarif import completed
from ingenious_ops.audit.semgrep import scan
from ingenious_ops.audit.uncompared import uncompared
from ingenious_storage.config import redact


@dataclass(frozen=True)
class Request:
    """What to audit, by which rules, and what to report of it."""

    paths: Sequence[Path]
    rules: Sequence[Path] = ()
    exclude: Sequence[str] = ()
    severity: str = "info"
    """The lowest that is reported."""
    baseline: Collection[str] = ()
    """Fingerprints of findings that are known."""
    baseline_commit: str | None = None
    sarif: bool = False


@dataclass(frozen=True)
class Audit:
    """What an audit found, and what it did not read."""

    findings: list[Finding]
    known: int
    """Findings that the baseline holds, which are not in `findings`."""
    scanned: list[str]
    skipped: dict[str, str]
    """Path to reason, in Semgrep's words."""
    unparsed: list[tuple[str, int, str]]
    """Path, line and message of what could not be parsed; the rest of the file was audited."""
    unread: list[str]
    """Paths that were named and of which nothing was read."""
    uncompared: dict[str, int]
    """Files that a comparison with a commit passed over: how many unstaged, how many untracked."""
    sarif: dict[str, Any] | None = None


def audit(request: Request, root: Path) -> Audit:
    """Relative paths are relative to `root`, the working directory. Raises: AuditError."""
    named = Named(request.paths)
    done = scan(
        named.targets,
        rules=request.rules,
        exclude=request.exclude,
        baseline_commit=request.baseline_commit,
        sarif=request.sarif,
    )
    report = named.renamed(done.report)
    lowest = SEVERITIES.index(request.severity)
    found = [
        finding
        for finding in findings_of(report["results"], root)
        if SEVERITIES.index(finding.rule.severity) >= lowest
    ]
    new = [finding for finding in found if finding.fingerprint not in request.baseline]
    paths, unparsed = report["paths"], _unparsed(report)
    broken = {path for path, _, _ in unparsed}
    scanned = set(paths["scanned"])
    return Audit(
        findings=new,
        known=len(found) - len(new),
        scanned=sorted(scanned),
        skipped={
            each["path"]: each["reason"]
            for each in paths.get("skipped", ())
            if each["path"] not in broken | scanned
        },
        unparsed=unparsed,
        # Compared with a commit, what has not changed is not read.
        unread=[] if request.baseline_commit else named.unread(scanned),
        uncompared=uncompared(named.targets) if request.baseline_commit else {},
        sarif=completed(named.renamed(done.sarif), new) if done.sarif else None,
    )


def fingerprints(path: Path) -> frozenset[str]:
    """Of the findings in an earlier report, written by `--json`. Raises: AuditError; OSError."""
    try:
        record = json.loads(path.read_bytes())
        if record["format"] == "ingenious.cli/1" and record["command"] == "audit":
            return frozenset(finding["fingerprint"] for finding in record["data"]["findings"])
    except (ValueError, KeyError, TypeError):
        pass
    raise AuditError(
        f"{path} is no report of an audit",
        hint=f"Write one: ingenious-storage audit PATH --format json --output {path}",
    )


def _unparsed(report: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    return [
        (
            error["path"],
            int((error.get("spans") or [{"start": {"line": 1}}])[0]["start"]["line"]),
            redact(" ".join(str(error.get("message", "")).split())),
        )
        for error in report["errors"]
    ]
