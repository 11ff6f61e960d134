"""Semgrep's SARIF report, with fingerprints, the step, and what to call instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from ingenious_ops.audit.findings import Finding

_FINGERPRINT: Final = "ingeniousStorage/v1"


def completed(sarif: dict[str, Any], findings: Iterable[Finding]) -> dict[str, Any]:
    """With the results of `findings` only, and no secret in a snippet."""
    wanted = {finding.place: finding for finding in findings}
    runs = []
    for run in sarif["runs"]:
        pairs = [(result, wanted.get(_place(result))) for result in run["results"]]
        results = [_result(result, finding) for result, finding in pairs if finding]
        runs.append({**run, "columnKind": "utf16CodeUnits", "results": results})
    return {**sarif, "runs": runs}


def _place(result: Mapping[str, Any]) -> tuple[str, str, int, int]:
    location = result["locations"][0]["physicalLocation"]
    region = location["region"]
    path = unquote(location["artifactLocation"]["uri"])
    return result["ruleId"], path, region["startLine"], region["startColumn"]


def _result(result: Mapping[str, Any], finding: Finding) -> dict[str, Any]:
    location = result["locations"][0]
    physical = location["physicalLocation"]
    start, end = finding.utf16
    region = {
        **physical["region"],
        "startColumn": start,
        "endColumn": end,
        "snippet": {"text": finding.code},
    }
    instead = f" Instead: {finding.rule.instead}" if finding.rule.instead else ""
    return {
        **result,
        "message": {"text": f"{finding.rule.why}{instead}"},
        "fingerprints": {_FINGERPRINT: finding.fingerprint},
        "locations": [{**location, "physicalLocation": {**physical, "region": region}}],
        "properties": {**result.get("properties", {}), "step": finding.step},
    }
