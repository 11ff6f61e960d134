"""Refusals of the infra commands, and their words: most come before an engine is asked."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.extras import install_line
from ingenious_ops.infra import program as program_module
from tests.infra.cli.conftest import MAIN, Tiny
from tests.ops.cli.harness import Cli

DEV = ("--stack", "dev")


def test_a_missing_extra_names_the_install_line(
    program: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("ingenious_ops.infra.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pulumi.automation", None)
    error = program.cli.error("infra", "preview", *DEV, code=1)
    assert error["code"] == "extra_missing"
    assert error["hint"] == f"Run: {install_line('infra')}"


def test_a_missing_pulumi_names_how_to_install_it(
    program: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    result = program.cli("infra", "preview", *DEV, code=1)
    error, hint = result.stderr.splitlines()
    assert error == "error: there is no pulumi command on the PATH [pulumi_missing]"
    assert "https://get.pulumi.com" in hint


def test_an_old_pulumi_is_said_to_be_old(program: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    old = program.cli.folder / "bin" / "pulumi"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.100.0 && exit 0\nexit 1\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:/bin:/usr/bin")
    error = program.cli.error("infra", "preview", *DEV, code=1)
    assert error["code"] == "pulumi_missing"
    assert error["message"] == "pulumi 3.100.0 is too old: 3.206.0 or later is needed"


def test_a_folder_without_a_program(cli: Cli) -> None:
    error = cli.error("infra", "preview", *DEV, code=1)
    assert "no Pulumi.yaml with a __main__.py in" in error["message"]
    assert "`infra init DIR`" in error["hint"]
    assert (
        str(cli.folder / "x")
        in cli.error("infra", "up", *DEV, "--yes", "--program", "x", code=1)["message"]
    )


@pytest.mark.parametrize("command", [("preview",), ("up", "--yes"), ("drift",)])
def test_a_stack_without_settings_may_be_mistyped(program: Tiny, command: tuple[str, ...]) -> None:
    error = program.cli.error("infra", *command, "--stack", "dve", code=3)
    assert error["code"] == "stack_not_found"
    assert "there is no Pulumi.dve.yaml" in error["message"]
    assert "settings for dev;" in error["hint"]


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_without_a_terminal_yes_is_needed(program: Tiny, command: str) -> None:
    assert "nobody is there to ask: add --yes" in program.cli("infra", command, *DEV, code=2).stderr


def test_the_name_behind_yes_destroy_prod_is_the_stack(program: Tiny) -> None:
    program.configure("prod", "prod")
    args = ("infra", "destroy", "--stack", "prod", "--yes-destroy-prod")
    assert "says 'dev'" in program.cli(*args, "dev", code=2).stderr
    assert program.cli.error(*args, "Prod", code=2)["code"] == "usage"


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["prod", "live"])
def test_prod_is_not_destroyed_without_its_name(tiny: Tiny, stack: str) -> None:
    tiny.configure(stack, "prod", a={"size": 1})
    tiny.cli("infra", "up", "--stack", stack, "--yes")
    destroy = ("infra", "destroy", "--stack", stack, "--yes")
    assert f"add --yes-destroy-prod {stack}" in tiny.cli(*destroy, code=2).stderr
    tiny.configure(stack, "dev", a={"size": 1})  # the settings no longer say it; the outputs do
    tiny.cli(*destroy, code=2)
    assert tiny.world == {"a": {"size": 1}}
    tiny.cli("infra", "destroy", "--stack", stack, "--yes-destroy-prod", stack)
    assert tiny.world == {}


@pytest.mark.slow
@pytest.mark.parametrize("directory", ["", "settings"])
def test_prod_is_prod_by_its_settings_too(tiny: Tiny, directory: str) -> None:
    tiny.program(MAIN.replace('pulumi.export("environment"', 'pulumi.export("other"'))
    tiny.configure("live", "prod", a={"size": 1})
    if directory:
        (tiny.directory / directory).mkdir()
        settings = tiny.directory / "Pulumi.live.yaml"
        settings.rename(tiny.directory / directory / settings.name)
        project = tiny.directory / "Pulumi.yaml"
        project.write_text(f"{project.read_text()}stackConfigDir: {directory}\n")
    live = ("--stack", "live")
    tiny.cli("infra", "up", *live, "--yes")
    assert "environment" not in tiny.cli.data("infra", "outputs", *live)["outputs"]
    assert (
        "add --yes-destroy-prod live" in tiny.cli("infra", "destroy", *live, "--yes", code=2).stderr
    )
    assert tiny.world == {"a": {"size": 1}}


@pytest.mark.slow
def test_an_environment_that_is_secret_may_be_prod(tiny: Tiny) -> None:
    tiny.program(MAIN.replace('config.require("environment")', 'pulumi.Output.secret("prod")'))
    tiny.cli("infra", "up", *DEV, "--yes")
    assert "--yes-destroy-prod" in tiny.cli("infra", "destroy", *DEV, "--yes", code=2).stderr


ANOTHER = """#!/bin/sh
echo "$*" >> {log}
case "$*" in *--show-name*) echo prod;; *) echo '{{}}';; esac
"""


@pytest.mark.parametrize(
    "command",
    [
        ("preview",),
        ("up", "--yes"),
        ("refresh",),
        ("drift",),
        ("outputs",),
        ("destroy", "--yes"),
        ("destroy", "--yes-destroy-prod", "dev"),
        ("profile", "--name", "app", "--yes"),
    ],
)
def test_when_the_engine_opens_another_stack_nothing_is_done(
    program: Tiny, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    log, bin_ = program.cli.folder / "asked", program.cli.folder / "bin"
    bin_.mkdir()
    (bin_ / "pulumi").write_text(ANOTHER.format(log=log))
    (bin_ / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:/bin:/usr/bin")
    error = program.cli.error("infra", *command, *DEV, code=1)
    assert error["message"] == "Pulumi opened the stack 'prod', not 'dev'"
    assert len(log.read_text().splitlines()) == 1
    assert not (program.cli.folder / "profiles.yml").exists()


@pytest.mark.parametrize(
    "variable",
    ["PULUMI_BACKEND_URL", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID", "AZURE_STORAGE_ACCOUNT"],
)
def test_an_empty_variable_does_not_mean_where_somebody_last_signed_in(
    program: Tiny, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "")
    monkeypatch.setenv("PATH", "")
    error = program.cli.error("infra", "up", *DEV, "--yes", code=2)
    assert error["message"].startswith(f"the variable {variable} is set, but empty")


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("feature/x", "feature-x"),
        ("a b", "a-b"),
        ("/", "dev"),
        ("a/b/c/d", "a-b-c-d"),
        ("x" * 101, "x" * 100),
        ("-x", "x"),
        ("..", "dev"),
        ("dév", "d-v"),
        ("dev\n", "dev"),
        ("org//dev", "org-dev"),
        ("dev/", "dev"),
        ("../dev", "dev"),
    ],
)
def test_a_name_that_is_none_names_what_is_allowed(
    program: Tiny, name: str, suggested: str
) -> None:
    error = program.cli.error("infra", "preview", f"--stack={name}", code=2)
    assert error["code"] == "usage"
    assert repr(name) in error["message"]
    assert "letters, digits, '-', '_' and '.'" in error["message"]
    assert f"such as {suggested!r}, or all of ORGANIZATION/PROJECT/STACK" in error["message"]


@pytest.mark.slow
def test_the_whole_name_of_a_stack(tiny: Tiny) -> None:
    tiny.cli("infra", "preview", "--stack", "organization/tiny/dev")
    assert tiny.cli.data("infra", "outputs", *DEV)["outputs"] == {}
    assert tiny.cli.error("infra", "preview", "--stack", "acme/tiny/dev", code=1)["hint"] == (
        "In a state of files or blobs ORGANIZATION is the word organization."
    )


@pytest.mark.slow
def test_what_is_protected_keeps_all_the_rest(tiny: Tiny) -> None:
    protect = "properties, pulumi.ResourceOptions(protect=name == 'kept')"
    tiny.program(MAIN.replace("name, properties)", f"name, {protect})"))
    things: dict[str, Any] = {"kept": {"size": 1}, "other": {"size": 2}}
    tiny.configure("dev", **things)
    tiny.cli("infra", "up", *DEV, "--yes")
    error = tiny.cli.error("infra", "destroy", *DEV, "--yes", code=1)
    assert "protected" in error["message"]
    assert tiny.world == things


STOPPED = {
    "refusal": (
        "raise ValueError('retention_days: 400 is not allowed')",
        "retention_days: 400 is not allowed",
    ),
    "lines": ("raise ValueError('one\\n  two')", "one two"),
    "bug": ("import rooms\n{}['x']", "KeyError: 'x', at __main__.py:2"),
    "setting": (
        "import pulumi\npulumi.Config().require('nope')",
        "Missing required configuration variable 'tiny:nope'",
    ),
    "exit": ("raise SystemExit('no')", "SystemExit: no"),
    "later": (
        "import pulumi\npulumi.export('x', pulumi.Output.from_input(1).apply(lambda x: 1 / 0))",
        "division by zero",
    ),
}


@pytest.mark.parametrize(
    "case", ["refusal", *(pytest.param(name, marks=pytest.mark.slow) for name in [*STOPPED][1:])]
)
def test_what_stops_the_program_is_one_line(tiny: Tiny, case: str) -> None:
    text, problem = STOPPED[case]
    tiny.program(text)
    result = tiny.cli("infra", "preview", *DEV, code=1)
    error, hint = result.stderr.splitlines()
    assert error.startswith(f"error: {problem}")
    assert hint.startswith("hint: ")


MISSING = {
    "resource": "pulumi.CustomResource('nope:i:X', 'a', {}, pulumi.ResourceOptions(OPTIONS))",
    "invoke": "pulumi.runtime.invoke('nope:index:get', {}, pulumi.InvokeOptions(OPTIONS))",
}


@pytest.mark.parametrize("call", ["resource", pytest.param("invoke", marks=pytest.mark.slow)])
def test_a_provider_that_is_not_there_is_what_is_wrong(tiny: Tiny, call: str) -> None:
    tiny.program(f"import pulumi\n{MISSING[call]}".replace("OPTIONS", "version='1.2.3'"))
    error = tiny.cli.error("infra", "preview", *DEV, code=1)
    assert error["code"] == "infra_failed"
    assert error["message"].startswith("no resource plugin 'pulumi-resource-nope' found")
    assert "pulumi plugin install resource" in error["hint"]


@pytest.mark.slow
@pytest.mark.parametrize("call", MISSING)
def test_a_provider_that_cannot_be_downloaded_says_why(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
        options = f"version='1.2.3', plugin_download_url='http://{place}'"
        tiny.program(f"import pulumi\n{MISSING[call]}".replace("OPTIONS", options))
        monkeypatch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "false")
        result = tiny.cli("infra", "preview", *DEV, code=1)
        error = tiny.cli.error("infra", "preview", *DEV, code=1)
    assert error["code"] == "infra_failed"
    assert "Could not automatically download and install resource plugin" in error["message"]
    assert f"dial tcp {place}: connect: connection refused" in error["message"]
    assert error["message"] in result.stderr
    assert "Pulumi.dev.yaml" not in result.stderr


@pytest.mark.slow
def test_when_signing_in_failed_the_hint_is_how(tiny: Tiny) -> None:
    tiny.program("raise Exception('invoke failed: could not get a token: run az login')")
    error = tiny.cli.error("infra", "preview", *DEV, code=1)
    assert error["code"] == "program_failed"
    assert error["hint"].startswith("Sign in with `az login`")


@pytest.mark.slow
def test_debug_shows_where_the_program_stopped(tiny: Tiny) -> None:
    tiny.program("def deep():\n    raise ValueError('too much')\ndeep()")
    result = tiny.cli("infra", "preview", *DEV, "--debug", code=1)
    assert "in deep\n" in result.stderr


def test_a_stack_that_nobody_made(tiny: Tiny) -> None:
    assert tiny.cli.error("infra", "outputs", *DEV, code=3)["code"] == "stack_not_found"


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("PULUMI_CONFIG_PASSPHRASE", None, "Set PULUMI_CONFIG_PASSPHRASE"),
        ("PULUMI_BACKEND_URL", None, "Set PULUMI_BACKEND_URL"),
        ("PULUMI_BACKEND_URL", "file:///there/is/no/such/folder", "Check PULUMI_BACKEND_URL"),
    ],
)
def test_what_is_not_set_up_is_named(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, hint: str
) -> None:
    monkeypatch.delenv(variable)
    if value is not None:
        monkeypatch.setenv(variable, value)
    error = tiny.cli.error("infra", "preview", *DEV, code=1)
    assert error["hint"].startswith(hint)
    assert "error" not in error["message"]


@pytest.mark.slow
def test_modules_of_the_program_do_not_stay(tiny: Tiny) -> None:
    sys.modules.pop("rooms", None)
    path = list(sys.path)
    tiny.cli("infra", "preview", *DEV)
    assert "rooms" not in sys.modules
    assert sys.path == path


def test_init_writes_all_files_or_none(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for name in ("Pulumi.yaml", "__main__.py", "components/a.py", "local/b.py", "tools/go.mod"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    monkeypatch.setattr(program_module, "_CHECKOUT", source)
    monkeypatch.setattr(program_module, "_PACKAGED", tmp_path / "nothing")
    done = cli.data("infra", "init", "new")
    assert done["directory"] == "new"
    expected = ["new/Pulumi.yaml", "new/__main__.py", "new/components/a.py"]
    assert sorted(Path(each).as_posix() for each in done["files"]) == expected
    assert sorted(each.as_posix() for each in Path("new").rglob("*") if each.is_file()) == expected
    Path("new/Pulumi.yaml").write_text("mine")
    Path("new/__main__.py").unlink()
    assert "Pulumi.yaml" in cli.error("infra", "init", "new", code=4)["message"]
    assert not Path("new/__main__.py").exists()
    assert Path("new/Pulumi.yaml").read_text() == "mine"
    cli("infra", "init", "new", "--force")
    assert Path("new/Pulumi.yaml").read_text() == "Pulumi.yaml"


def test_init_writes_a_program_that_is_found(cli: Cli) -> None:
    cli("infra", "init", "new")
    found = program_module.find_program(Path("new"))
    assert found.project == "ingenious-storage"
    assert found.stacks == ["dev", "prod", "test"]
    assert not Path("new/local").exists()
    assert Path("new/policy").is_dir()
