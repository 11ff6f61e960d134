"""The alert rules: sound, each tested in five situations, and about what is really emitted."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_storage import errors
from ingenious_storage.errors import StorageError
from tests.ops.alerts.emitted import samples, series
from tests.ops.alerts.rules import ALERTS, OPS, RECORDED, RULE_FILES, TEST_FILES, mentioned, rules
from tests.support.servers.prometheus import MAJORS, promtool

README = (OPS / "alerts/README.md").read_text(encoding="utf-8")
SITUATIONS = ("firing", "not firing", "low traffic", "absent series", "recovery")
NAMES = [alert.name for alert in ALERTS]


def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", *RULE_FILES)


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_promtool_passes_the_tests(file: Path) -> None:
    promtool("test", "rules", file)


@pytest.mark.slow
@pytest.mark.parametrize("major", MAJORS)
def test_each_version_accepts_the_rules_and_passes_the_tests(major: int) -> None:
    promtool("check", "rules", "--lint-fatal", *RULE_FILES, major=major)
    promtool("test", "rules", *TEST_FILES, major=major)


@cache
def groups() -> dict[str, dict[str, Any]]:
    """The groups of the tests, by name."""
    found = [each for file in TEST_FILES for each in yaml.safe_load(file.read_text())["tests"]]
    assert len({group["name"] for group in found}) == len(found)
    return {group["name"]: group for group in found}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("name", NAMES)
def test_every_alert_is_tested_in_every_situation(name: str, situation: str) -> None:
    checks = groups()[f"{name} {situation}"]["alert_rule_test"]
    assert {check["alertname"] for check in checks} == {name}
    fired = [bool(check["exp_alerts"]) for check in checks]
    if situation == "firing":
        assert fired[-1]
    elif situation == "not firing":
        assert not any(fired)
    elif situation == "recovery":
        assert fired == [True, False]


def test_nothing_else_is_tested() -> None:
    known = {f"{name} {situation}" for name in NAMES for situation in SITUATIONS}
    more = {"firing again", "not firing at a spike"}
    for name in groups().keys() - known - {"recorded failures are 0, not absent"}:
        alert, _, situation = name.partition(" ")
        assert alert in NAMES
        assert situation in more


def test_only_these_fire_without_traffic_or_without_series() -> None:
    """A silence is what the one is about; the others are grave at any traffic."""
    assert fires_in("absent series") == {"IngeniousStorageEndpointAbsent"}
    assert fires_in("low traffic") == {
        f"IngeniousStorage{what}"
        for what in ("CorruptObjects", "OutcomeUnknown", "HealthDown", "EncryptionRefused")
    }


def fires_in(situation: str) -> set[str]:
    return {
        name
        for name in NAMES
        for check in groups()[f"{name} {situation}"]["alert_rule_test"]
        if check["exp_alerts"]
    }


def test_the_alerts_of_the_issue_are_there() -> None:
    burns = {
        f"IngeniousStorage{what}{speed}Burn"
        for what in ("Availability", "Latency")
        for speed in ("Fast", "Medium", "Slow")
    }
    others = (
        "Conflicts",
        "CorruptObjects",
        "Throttled",
        "CredentialsRefused",
        "RetryStorm",
        "OutcomeUnknown",
        "HealthDown",
        "EndpointAbsent",
        "KeyProviderFailing",
        "EncryptionRefused",
        "StaleAnswers",
        "ApiErrors",
        "ApiSlow",
        "CallersRefused",
    )
    assert sorted(NAMES) == sorted(burns | {f"IngeniousStorage{what}" for what in others})


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_an_alert_says_how_bad_it_is_and_where_to_look(alert: Any) -> None:
    assert alert.fields["labels"].keys() == {"severity"}
    assert alert.fields["labels"]["severity"] in ("page", "ticket")
    assert alert.annotations.keys() == {"summary", "description", "runbook_url", "dashboard"}
    assert len(alert.annotations["summary"]) < 100


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.name)
def test_a_rule_is_about_what_is_emitted(rule: Any) -> None:
    found, grouped = mentioned(rule.expr)
    assert found, "no series of this project"
    for each in found:
        if each.name not in RECORDED:
            assert each.labels | grouped <= series()[each.name], each.name


def test_what_is_recorded_is_used() -> None:
    used = {each.name for alert in ALERTS for each in mentioned(alert.expr)[0]}
    assert used >= RECORDED


def test_every_error_is_a_failure_or_an_answer() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (failure|answer) \|", README, re.MULTILINE))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.code for kind in kinds if issubclass(kind, StorageError)}
    assert rows.keys() == codes
    answers = {code for code, what in rows.items() if what == "answer"}
    selectors = [
        set(selector.split("|"))
        for rule in rules()
        for selector in re.findall(r'error_type!~"([^"]*)"', rule.expr)
    ]
    assert len(selectors) == 5
    assert all(selector == answers for selector in selectors)


def test_the_latency_objective_is_a_bucket() -> None:
    """`le` is "1.0" from Python, "1" from exporters in Go."""
    selectors = {le for rule in rules() for le in re.findall(r'le=~"([^"]*)"', rule.expr)}
    assert selectors == {"1|1[.]0"}
    assert "1.0" in {labels.get("le") for _, labels in samples()}


def test_the_page_names_every_alert_and_its_runbook() -> None:
    row = r"^\| `(\w+)` \| (page|ticket) \|.*\[\S+\]\(\.\./runbooks/(\S+)\) \|$"
    assert sorted(re.findall(row, README, re.MULTILINE)) == sorted(
        (each.name, each.fields["labels"]["severity"], Path(each.annotations["runbook_url"]).name)
        for each in ALERTS
    )
