"""The runbooks: one for every alert, of one shape, with commands and queries that work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from ingenious_ops.cli.app import root
from tests.ops.alerts.emitted import series
from tests.ops.alerts.rules import ALERTS, OPS, RECORDED, mentioned
from tests.ops.alerts.runbooks import RUNBOOKS, commands, fenced, queries
from tests.support.servers.prometheus import promtool

SECTIONS = ["Meaning", "Impact", "First look", "Diagnose", "Mitigate", "After"]
COMMANDS = sorted({each for file in RUNBOOKS for each in commands(file.read_text("utf-8"))})


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    linked = {OPS.parent / alert.annotations["runbook_url"] for alert in ALERTS}
    assert linked == set(RUNBOOKS)


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_a_runbook_names_its_alerts_and_has_every_section(file: Path) -> None:
    text = file.read_text("utf-8")
    intro = text.partition("\n## ")[0]
    linking = [each for each in ALERTS if each.annotations["runbook_url"].endswith(file.name)]
    assert set(re.findall(r"`(IngeniousStorage\w+)`", intro)) == {each.name for each in linking}
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    for section in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]:
        assert section.strip()
    assert len(set(commands(text))) >= 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_run_as_it_stands(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quickstart-1").mkdir()  # of a user
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[1:]
    context = click.Context(root, **root.context_settings)
    node: click.Command = root
    while isinstance(node, click.Group):
        name = words.pop(0)
        inner = node.get_command(context, name)
        assert inner is not None, name
        context, node = click.Context(inner, parent=context), inner
    node.make_context(str(node.name), words, parent=context)


def test_a_command_that_does_not_exist_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Run `ingenious-storage memory history` or\n```bash\ningenious-storage gc --all\n```\n"
    found = commands(text)
    assert found == ["ingenious-storage gc --all", "ingenious-storage memory history"]
    for command in found:
        with pytest.raises(click.UsageError):
            test_a_command_can_be_run_as_it_stands(command, tmp_path, monkeypatch)
        (tmp_path / "quickstart-1").rmdir()


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_the_queries_are_about_what_is_emitted(file: Path) -> None:
    for expr in fenced(file.read_text("utf-8"), "promql"):
        found, grouped = mentioned(expr)
        assert found or expr.strip() == "up"
        for each in found:
            assert each.name in RECORDED or each.labels | grouped <= series()[each.name], expr


def test_prometheus_can_parse_the_queries(tmp_path: Path) -> None:
    found = queries()
    assert len(found) >= len(RUNBOOKS) - 3
    rules = [{"record": f"query_{n}", "expr": expr} for n, expr in enumerate(found)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": rules}]}))
    promtool("check", "rules", file)


PAGES = [*RUNBOOKS, OPS / "alerts/README.md", OPS.parent / "docs/monitoring.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
