"""The rules of ops/alerts as data, and the names that PromQL mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

OPS = Path(__file__).parents[3] / "ops"
RULE_FILES = sorted((OPS / "alerts").glob("*.yml"))
TEST_FILES = sorted((OPS / "alerts/tests").glob("*.yml"))

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(
    r"([a-zA-Z_:][\w:]*ingenious_storage\w*(?::\w+)?|ingenious_storage\w*|http_server_\w+)"
    r"\s*(?:\{([^}]*)\})?"
)


@dataclass(frozen=True)
class Rule:
    """One rule: `name` is of the alert, or of the series that it records."""

    file: Path
    name: str
    expr: str
    fields: dict[str, Any]

    @property
    def is_alert(self) -> bool:
        return "alert" in self.fields

    @property
    def annotations(self) -> dict[str, str]:
        found: dict[str, str] = self.fields["annotations"]
        return found


def rules() -> Iterator[Rule]:
    for file in RULE_FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            for fields in group["rules"]:
                name = fields.get("alert") or fields["record"]
                yield Rule(file, name, fields["expr"], fields)


ALERTS = [rule for rule in rules() if rule.is_alert]
RECORDED = {rule.name for rule in rules() if not rule.is_alert}


@dataclass(frozen=True)
class Mentioned:
    """One name of a series, with the labels that its selector asks for."""

    name: str
    labels: frozenset[str]


def scaled(folder: Path, durations: Mapping[str, str]) -> list[Path]:
    """The rule files in a new folder, each duration in them replaced: ranges, offsets and waits."""
    folder.mkdir()
    duration = re.compile(r"(?<=\[)(\w+)(?=\])|(?<=offset )(\w+)|(?<=for: )(\w+)")
    for file in RULE_FILES:
        text = duration.sub(lambda found: durations[found[0]], file.read_text("utf-8"))
        (folder / file.name).write_text(text)
    return sorted(folder.glob("*.yml"))


def mentioned(expr: str) -> tuple[list[Mentioned], set[str]]:
    """The series of this project in an expression, and the labels that it groups by."""
    bare = _STRING.sub('""', expr)
    grouped = {label.strip() for inside in _GROUPING.findall(bare) for label in inside.split(",")}
    found = [
        Mentioned(name, frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)))
        for name, inside in _SELECTOR.findall(_GROUPING.sub(" ", bare))
    ]
    return found, grouped - {""}
