"""Ends of a run: one line and a hint, or one JSON document; and the exit code."""

from __future__ import annotations

import click
import pytest

from ingenious_ops.cli import errors as failures
from ingenious_ops.cli.session import Session
from ingenious_storage import errors
from tests.ops.cli.harness import Cli

CODES = {
    errors.NotFoundError: 3,
    errors.MemoryNotFoundError: 3,
    errors.PromptNotFoundError: 3,
    errors.RevisionNotFoundError: 3,
    errors.RevisionPrunedError: 3,
    errors.ContainerNotFoundError: 3,
    errors.ConflictError: 4,
    errors.AlreadyExistsError: 4,
    errors.CommitUnknownError: 4,
    errors.InvalidKeyError: 2,
}
KEY = "QUJDREVGRw=="


def every_kind(kind: type[errors.StorageError]) -> list[type[errors.StorageError]]:
    return [kind, *(each for narrower in kind.__subclasses__() for each in every_kind(narrower))]


@pytest.mark.parametrize("kind", every_kind(errors.StorageError), ids=lambda kind: kind.__name__)
def test_the_exit_code_of_every_error(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, kind: type[errors.StorageError]
) -> None:
    def fail(self: Session) -> None:
        raise kind("it\nfailed", key="a/b")

    monkeypatch.setattr(Session, "memory", property(fail))
    code = next((CODES[base] for base in kind.__mro__ if base in CODES), 1)
    lines = cli("memory", "ls", code=code).stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert lines[0].endswith(rf"it\nfailed [{kind.code}]")
    assert lines[1].startswith("hint: ")
    assert len(lines) == 2
    error = cli.error("memory", "ls", code=code)
    assert (error["code"], error["key"]) == (kind.code, "a/b")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (OSError(28, "No space left on device", "f"), 1, "f: No space left on device [os_error]"),
        (KeyError("x"), 1, "unexpected KeyError: 'x' [internal_error]"),
        (RecursionError("deep"), 1, "unexpected RecursionError: deep [internal_error]"),
        (click.ClickException("odd"), 1, "odd [failed]"),
    ],
)
def test_other_errors(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, line: str
) -> None:
    def fail(self: Session) -> None:
        raise error

    monkeypatch.setattr(Session, "memory", property(fail))
    result = cli("memory", "ls", code=code)
    assert result.stderr.splitlines()[0] == f"error: {line}"
    assert "Traceback" not in result.output


def test_an_interrupt_while_a_class_is_made(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython 3.11 puts what `__set_name__` raises, Ctrl-C too, into a RuntimeError."""

    class Interrupted:
        def __set_name__(self, owner: type, name: str) -> None:
            raise KeyboardInterrupt

    def fail(self: Session) -> None:
        type("Made", (), {"attribute": Interrupted()})

    monkeypatch.setattr(Session, "memory", property(fail))
    assert cli("memory", "ls", code=130).stderr == ""


def test_debug_shows_the_traceback_without_secrets(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Session) -> None:
        raise RuntimeError(f"https://x/?sv=1&sig={KEY} AccountKey={KEY};")

    monkeypatch.setattr(Session, "memory", property(fail))
    for args in (("--debug", "memory", "ls"), ("memory", "ls", "--debug")):
        result = cli(*args, code=1)
        assert "Traceback" in result.stderr
        assert "unexpected RuntimeError" in result.stderr
        assert KEY not in result.output
    assert KEY not in cli("memory", "ls", code=1).output


def test_code_and_hint_are_said_once_also_with_debug(cli: Cli) -> None:
    for args in ((), ("--debug",)):
        shown = cli("memory", "show", "nobody", *args, code=3).stderr
        assert shown.count("[memory_not_found]") == 1
        assert shown.count("`memory ls` lists what is there") == 1
        assert "pass default=" not in shown  # the hint for programmers


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nope"], "No such command 'nope'."),
        (["memry", "ls"], "No such command 'memry'. Did you mean 'memory'?"),
        (["memory", "show"], "Missing argument 'CONVERSATION'."),
        (["memory", "history", "c", "-n", "0"], "Invalid value for '-n' / '--limit'"),
        (["memory", "ls", "--nope"], "No such option"),
        (["prompts", "label", "get"], "Missing argument 'LABEL'."),
    ],
)
def test_wrong_usage(cli: Cli, args: list[str], message: str) -> None:
    result = cli(*args, code=2)
    first, second = result.stderr.splitlines()
    assert first.startswith(f"error: {message}")
    assert first.endswith(" [usage]")
    assert second.startswith("hint: Try `ingenious-storage")
    assert result.stdout == ""
    assert cli.error(*args, code=2)["message"].startswith(message)


@pytest.mark.parametrize("args", [(), ("memory",), ("prompts", "label")])
def test_a_group_without_a_command_shows_its_help(cli: Cli, args: tuple[str, ...]) -> None:
    result = cli(*args, code=2)
    assert result.stderr.startswith("Usage: ingenious-storage")
    assert result.stdout == ""


def test_the_command_of_an_error(cli: Cli) -> None:
    assert cli.json("memory", "show", "c", code=3)["command"] == "memory.show"
    assert cli.json("prompts", "label", "get", code=2)["command"] == "prompts.label.get"
    assert cli.json("nope", code=2)["command"] is None


def test_a_profile_that_is_not_there(cli: Cli) -> None:
    cli("init")
    error = cli.error("memory", "ls", "--profile", "nope", code=1)
    assert error["code"] == "invalid_configuration"
    assert "dev, prod, test" in error["hint"]


def test_several_errors_have_a_common_code_only_when_they_agree() -> None:
    missing, conflict = errors.NotFoundError("a"), errors.ConflictError("b")
    assert failures.common_code([]) == 0
    assert failures.common_code([missing, missing]) == 3
    assert failures.common_code([missing, conflict]) == 1


def test_what_a_terminal_would_act_on_is_escaped(cli: Cli) -> None:
    result = cli("memory", "show", "\x1b[2Jx", code=3)
    assert "\x1b" not in result.output
    cli("memory", "save", "\x1b[2Jx", "-m", "\x1b]0;title\x07", stdin="1")
    for args in (("memory", "ls"), ("memory", "history", "\x1b[2Jx")):
        result = cli(*args)
        assert "\x1b" not in result.stdout
        assert r"\x1b" in result.stdout


def test_no_secret_is_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnk="
    text = f"DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={canary}"
    monkeypatch.setenv("INGENIOUS_STORAGE__TYPE", "azure_blob")
    for value in (text, text + ";Bogus=1", f'"{text}"', text.replace("=https", "=ftp")):
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", value)
        for args in (("config", "show", "--explain"), ("config", "validate"), ("init", "x")):
            for more in ((), ("--json",), ("--debug", "-v")):
                from click.testing import CliRunner

                from ingenious_ops.cli import root

                assert canary not in CliRunner().invoke(root, [*args, *more]).output
