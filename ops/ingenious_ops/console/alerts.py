"""Alerts: which of the shipped rules would fire by what the health checks of this process say.

Most rules are about rates over time, which only Prometheus has; those are not guessed at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from ingenious_ops.shipped import shipped
from ingenious_storage.health import ComponentHealth, HealthReport

_DOWN: Final = "IngeniousStorageHealthDown"
_BY_CODE: Final = {
    "throttled": "IngeniousStorageThrottled",
    "authentication_failed": "IngeniousStorageCredentialsRefused",
    "permission_denied": "IngeniousStorageCredentialsRefused",
    "key_unavailable": "IngeniousStorageKeyProviderFailing",
    "key_refused": "IngeniousStorageKeyProviderFailing",
}
"""The rule about the error of a check; `_DOWN` is about every check that fails."""
_NAME: Final = re.compile(r"[a-z-]{1,60}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert of `ops/alerts`."""

    name: str
    severity: str
    after: str
    """How long its condition has to hold, such as "2m"."""
    runbook: str
    """The name of its page."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule whose condition holds now, and for which container."""

    rule: Rule
    container: str
    code: str | None
    hint: str | None


def alerts(report: HealthReport) -> list[Alert]:
    """Those that fire if what the report says goes on; those that page somebody first."""
    found = [
        Alert(rules()[name], one.container, one.code, one.hint)
        for one in report.components
        for name in _names(one)
    ]
    return sorted(found, key=lambda alert: alert.rule.severity != "page")


@cache
def rules() -> dict[str, Rule]:
    """Every alert that comes with this release, by its name."""
    return {rule.name: rule for rule in _read()}


def runbook(name: str) -> str | None:
    """The page that says what to do, as Markdown; None for one that there is not."""
    path = shipped("ops/runbooks") / f"{name}.md"
    if not _NAME.fullmatch(name) or not path.is_file():
        return None
    return path.read_text(encoding="utf-8")


def _names(one: ComponentHealth) -> Iterator[str]:
    if one.status == "fail":
        yield _DOWN
    if one.code in _BY_CODE:
        yield _BY_CODE[one.code]


def _read() -> Iterator[Rule]:
    for path in sorted(shipped("ops/alerts").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from (_rule(each) for each in group["rules"] if "alert" in each)


def _rule(given: dict[str, Any]) -> Rule:
    return Rule(
        given["alert"],
        given["labels"]["severity"],
        given.get("for", "0m"),
        PurePosixPath(given["annotations"]["runbook_url"]).stem,
    )
