"""`alerts export`: what operators load, from the package, into a folder of theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.ops.alerts.rules import OPS
from tests.ops.alerts.runbooks import RUNBOOKS
from tests.ops.cli.harness import Cli

NAMES = sorted(
    str(path.relative_to(OPS))
    for pattern in ("alerts/*.*", "alerts/tests/*.yml", "dashboards/*.json", "runbooks/*.md")
    for path in OPS.glob(pattern)
)


def test_all_of_it_as_it_is(cli: Cli) -> None:
    done = cli.data("alerts", "export", "new/monitoring")
    folder = Path(done["directory"])
    assert sorted(str(Path(file).relative_to(folder)) for file in done["files"]) == NAMES
    assert len(NAMES) > 20
    for name in NAMES:
        if not name.endswith(".md"):
            assert (folder / name).read_bytes() == (OPS / name).read_bytes(), name
    assert json.loads((folder / "dashboards/ingenious-storage.json").read_text())["panels"]


def test_every_link_leads_somewhere(cli: Cli) -> None:
    cli("alerts", "export", "m")
    pages = [*Path("m/runbooks").glob("*.md"), Path("m/alerts/README.md")]
    assert len(pages) == len(RUNBOOKS) + 1
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), (page, target)
        for topic in re.findall(r"`ingenious-storage explain ([\w-]+)`", text):
            cli("explain", topic)


def test_addresses_of_ones_own(cli: Cli) -> None:
    cli("alerts", "export", "m", "--runbooks", "https://r.example/x/")
    text = Path("m/alerts/health.yml").read_text(encoding="utf-8")
    assert "runbook_url: https://r.example/x/health-down.md\n" in text
    assert 'dashboard: "/d/' in text
    cli("alerts", "export", "m", "--grafana", "https://g.example", "--force")
    text = Path("m/alerts/health.yml").read_text(encoding="utf-8")
    assert "runbook_url: ops/runbooks/health-down.md\n" in text
    assert 'dashboard: "https://g.example/d/ingenious-storage?' in text


@pytest.mark.parametrize("url", ["g.example", "javascript:x", "https://g.example/ x", 'https://"'])
def test_what_is_no_address(cli: Cli, url: str) -> None:
    error = cli.error("alerts", "export", "m", "--grafana", url, code=1)
    assert error["code"] == "invalid_configuration"
    assert not Path("m").exists()


def test_nothing_of_others_is_replaced(cli: Cli) -> None:
    mine = Path(cli.write("m/runbooks/latency.md", "mine"))
    error = cli.error("alerts", "export", "m", code=4)
    assert "runbooks/latency.md exists in m" in error["message"]
    assert [path.name for path in Path("m").rglob("*") if path.is_file()] == ["latency.md"]
    elsewhere = Path(cli.write("elsewhere.md", "theirs"))
    mine.unlink()
    mine.symlink_to(elsewhere.resolve())
    cli("alerts", "export", "m", code=4)
    cli("alerts", "export", "m", "--force")
    assert elsewhere.read_text() == "theirs"
    assert not mine.is_symlink()
    assert mine.read_text(encoding="utf-8").startswith("# ")
