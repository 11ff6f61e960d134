"""Report of `ingenious-storage audit`: as text for people, and as JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import fill
from typing import Any, Final

from ingenious_ops.audit.findings import SEVERITIES, Finding, Rule
from ingenious_ops.audit.run import Audit
from ingenious_ops.audit.steps import STEPS
from ingenious_ops.cli.output import count, printable

_WIDTH: Final = 100


def as_json(audit: Audit) -> dict[str, Any]:
    """docs/cli.md names the keys."""
    return {
        "findings": [_finding_json(finding) for finding in audit.findings],
        "known": audit.known,
        "rules": [rule_json(rule) for rule in _rules(audit.findings)],
        "counts": _counts(audit.findings),
        "steps": [
            {"step": step, "todo": STEPS[step], "findings": findings, "files": files}
            for step, findings, files in _steps(audit.findings)
        ],
        "scanned": len(audit.scanned),
        "skipped": [{"path": path, "reason": why} for path, why in audit.skipped.items()],
        "unread": audit.unread,
        "uncompared": audit.uncompared,
        "unparsed": [
            {"path": path, "line": line, "message": message}
            for path, line, message in audit.unparsed
        ],
    }


def rule_json(rule: Rule) -> dict[str, str]:
    """A rule as `--json` has it."""
    return {
        "id": rule.id,
        "severity": rule.severity,
        "step": rule.step,
        "why": rule.why,
        "instead": rule.instead,
        "docs": rule.docs,
    }


def as_text(audit: Audit) -> str:
    """By file; then each rule once; then the order of work."""
    if not audit.findings:
        return ""
    blocks = [*_by_file(audit.findings), "Why, and what to call instead"]
    blocks += [_explained(rule, audit.findings) for rule in _rules(audit.findings)]
    return "\n\n".join([*blocks, _work(audit.findings)]) + "\n"


def rules_text(rules: Iterable[Rule]) -> str:
    """The answer of `--list-rules`, a paragraph a rule."""
    return "\n\n".join(_paragraphs(rule, rule.severity) for rule in rules) + "\n"


def _by_file(findings: Sequence[Finding]) -> Iterator[str]:
    for path, group in groupby(findings, key=lambda finding: finding.path):
        yield "\n".join((printable(path), *map(_line, group)))


def _line(finding: Finding) -> str:
    scope = f" in {finding.scope}" if finding.scope else ""
    rule = finding.rule
    head = f"{finding.line:>6}  {rule.severity:<7}  {rule.name}{scope}  [{finding.step}]"
    return printable(head) + f"\n{'':17}{printable(finding.code)}"


def _explained(rule: Rule, findings: Iterable[Finding]) -> str:
    number = sum(finding.rule == rule for finding in findings)
    return _paragraphs(rule, f"{rule.severity}, {count(number, 'finding')}")


def _paragraphs(rule: Rule, remark: str) -> str:
    texts = [rule.why, f"Instead: {rule.instead}" if rule.instead else ""]
    if rule.docs:
        page = re.fullmatch(r"(?:docs/)?([\w-]+)\.md(?:#.*)?", rule.docs)
        topic = f"`ingenious-storage explain {page[1].lower()}`" if page else rule.docs
        texts.append(f"See {topic}")
    lines = [_wrapped(text, "    ") for text in texts if text]
    return "\n".join((f"{printable(rule.name)} ({remark})", *lines))


def _work(findings: Sequence[Finding]) -> str:
    lines = ["The order of work"]
    for number, (step, findings_, files) in enumerate(_steps(findings), 1):
        head = f"{number}. {step}: {count(findings_, 'finding')} in {count(files, 'file')}"
        lines += [head, _wrapped(STEPS[step], "   ")]
    return "\n".join(lines)


def _wrapped(text: str, indent: str) -> str:
    return fill(
        printable(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rules(findings: Iterable[Finding]) -> list[Rule]:
    """Each once; the severest first."""
    rules = {finding.rule.id: finding.rule for finding in findings}
    return sorted(rules.values(), key=lambda rule: (-SEVERITIES.index(rule.severity), rule.id))


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    return dict(sorted(Counter(finding.rule.id for finding in findings).items()))


def _steps(findings: Iterable[Finding]) -> list[tuple[str, int, int]]:
    """Each step that there is work for: its findings, and in how many files they are."""
    found = list(findings)
    steps = {step: [each.path for each in found if each.step == step] for step in STEPS}
    return [(step, len(paths), len(set(paths))) for step, paths in steps.items() if paths]


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity,
        "step": finding.step,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "scope": finding.scope,
        "code": finding.code,
        "fingerprint": finding.fingerprint,
    }
