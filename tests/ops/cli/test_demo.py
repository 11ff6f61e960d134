"""`make demo`: it runs anywhere, and the commands that it shows do the same."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingenious_ops.demo import run
from ingenious_ops.demo.stage import Stage
from tests.ops.cli.harness import WORKSPACE, Cli

DATA = Path(".demo/data")


@pytest.fixture(autouse=True)
def checkout(cli: Cli) -> None:
    shutil.copytree(WORKSPACE, run.WORKSPACE)


def test_the_commands_do_what_the_demo_does(cli: Cli) -> None:
    stage = Stage()
    run.play(stage, run.WORKSPACE)
    for edit in ("refund_policy.jinja", "triage.jinja", "empty.json"):
        assert (Path(".demo/edits") / edit).is_file()
    config = ["--config", ".demo/config.yml"]
    made = contents(cli, config)
    DATA.rename("made")
    for line in stage.commands:
        words = shlex.split(line)
        if words[0] == "seq":
            for number in range(1, int(words[1]) + 1):
                text = [str(number) if word == "N" else word for word in words]
                cli(*config, *text[text.index("ingenious-storage") + 1 :])
        elif words[0] == "ingenious-storage":
            cli(*config, *words[1:])
    assert contents(cli, config) == made


def contents(cli: Cli, config: list[str]) -> dict[str, object]:
    """All that the storage holds, but for times, authors and the order of parallel appends."""
    found: dict[str, object] = {}
    for name in cli.data(*config, "memory", "ls")["conversations"]:
        memory = cli.data(*config, "memory", "show", name)["memory"]
        messages = memory.get("messages", [])
        found[name] = sorted(each["content"] for each in messages) or memory
    for name in cli.data(*config, "prompts", "sets")["sets"]:
        found[f"set {name}"] = cli.data(*config, "prompts", "diff", f"{name}@1", name)["diff"]
    for label in cli.data(*config, "prompts", "label", "ls")["labels"]:
        found[f"label {label['label']}"] = (label["set"], label["number"])
    return found


def test_it_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    run.play(Stage(), run.WORKSPACE)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b" not in shown
    assert "50     50     0        0               51" in shown
    assert str(Path.cwd()) not in shown


def test_it_starts_clean_and_spares_what_is_not_its_own(cli: Cli) -> None:
    for _ in range(2):
        run.play(Stage(), run.WORKSPACE)
    assert len(cli.data("memory", "ls", "--config", ".demo/config.yml")["conversations"]) == 7
    (Path(".demo") / "made-by-ingenious-storage-demo").unlink()
    with pytest.raises(SystemExit, match="the demo did not make it"):
        run.play(Stage(), run.WORKSPACE)
    assert DATA.is_dir()


def test_it_never_leaves_this_machine(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__TYPE", "azure_blob")
    monkeypatch.setenv("INGENIOUS_STORAGE__BASE_PATH", "elsewhere")
    monkeypatch.setenv("INGENIOUS_PROFILE", "prod")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "not one")
    run.play(Stage(), run.WORKSPACE)
    assert DATA.is_dir()
    assert not Path("elsewhere").exists()


def test_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ingenious_ops.demo"],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
        timeout=200,
    )
    assert b"What is stored where" in done.stdout
    assert done.stderr == b""
