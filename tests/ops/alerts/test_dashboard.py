"""The dashboard: as its code writes it, its queries sound, and nothing that is emitted left out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.alerts.dashboard import DASHBOARD, panels, queries
from tests.ops.alerts.emitted import series
from tests.ops.alerts.rules import ALERTS, OPS, RECORDED, mentioned
from tests.support.servers.prometheus import promtool

PAGE = json.loads(DASHBOARD.read_bytes())


def test_it_is_what_its_code_writes(tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    subprocess.run([sys.executable, OPS / "dashboards/generate.py", again], check=True)
    assert again.read_text() == DASHBOARD.read_text(), "run ops/dashboards/generate.py"


def test_prometheus_can_parse_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"query_{n}", "expr": expr} for n, expr in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", file)
    file.write_text(file.read_text().replace("rate(", "rate((", 1))
    with pytest.raises(AssertionError, match="could not parse"):
        promtool("check", "rules", file)


def test_every_query_is_about_what_is_emitted() -> None:
    for expr in queries():
        found, grouped = mentioned(expr)
        if expr.startswith("ALERTS{"):
            continue
        assert found, expr
        for each in found:
            if each.name in RECORDED:
                assert each.labels <= {"job", "ingenious_storage_container"}, expr
            else:
                assert each.labels | grouped <= series()[each.name], expr


def test_every_series_is_shown() -> None:
    shown = {each.name for expr in queries() for each in mentioned(expr)[0]}
    assert shown >= series().keys()


def test_a_legend_names_labels_that_its_query_keeps() -> None:
    for panel in panels(PAGE):
        for target in panel["targets"]:
            legend = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
            found, grouped = mentioned(target["expr"])
            kept = grouped or {name for each in found for name in series().get(each.name, ())}
            if not target["expr"].startswith("ALERTS{"):
                assert legend <= kept, panel["title"]


def test_the_variables_are_those_that_the_queries_use() -> None:
    names = {each["name"] for each in PAGE["templating"]["list"]}
    assert names == {"datasource", "service", "container"}
    used = {name for expr in queries(raw=True) for name in re.findall(r"\$(\w+)", expr)}
    assert used == {"service", "container", "__range", "__rate_interval"}
    sources = {panel["datasource"]["uid"] for panel in panels(PAGE)}
    assert sources == {"${datasource}"}


def test_panels_have_their_own_id_and_place() -> None:
    ids = [panel["id"] for panel in PAGE["panels"]]
    assert len(set(ids)) == len(ids)
    assert 0 not in ids
    assert not [
        (one["title"], other["title"])
        for one, other in combinations(PAGE["panels"], 2)
        if _overlap(one["gridPos"], other["gridPos"])
    ]
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in PAGE["panels"])


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "w"), ("y", "h"))
    )


def test_every_panel_says_what_it_shows() -> None:
    titles = [panel["title"] for panel in panels(PAGE)]
    assert len(set(titles)) == len(titles)
    assert all(panel["description"].endswith(".") for panel in panels(PAGE))
    assert all(panel["fieldConfig"]["defaults"].get("unit") for panel in _numbers())


def _numbers() -> list[dict[str, Any]]:
    return [panel for panel in panels(PAGE) if panel["type"] in ("timeseries", "stat")]


def test_alerts_link_to_it() -> None:
    links = {alert.annotations["dashboard"] for alert in ALERTS}
    assert links == {f"/d/{PAGE['uid']}?var-service={{{{ $labels.job }}}}"}
