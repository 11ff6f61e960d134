"""Inputs of commands: bounded, strict, and refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_ops import intake
from tests.ops.cli.harness import Cli


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "standard input is not JSON: line 1, column 1: Expecting value"),
        ('{"a": 1,\n "b": }', "standard input is not JSON: line 2, column 7: Expecting value"),
        ("{} {}", "standard input is not JSON: line 1, column 4: Extra data"),
        ("NaN", "standard input is not JSON: NaN has no JSON form"),
        ("[-Infinity]", "standard input is not JSON: -Infinity has no JSON form"),
        (
            '{"a": 1, "b": 2, "a": 3}',
            "standard input is not JSON: the name 'a' is twice in one object",
        ),
        ("[" * 100_000 + "]" * 100_000, "standard input is not JSON: nested too deeply"),
        ("1" * 5000, "standard input is not JSON: "),
        ("123456789012345678901", "this data is not JSON: "),
        ("1e999", "this data is not JSON: "),
        (r'"\ud800"', "this data is not JSON: "),
    ],
)
def test_what_is_no_strict_json_is_refused(cli: Cli, text: str, problem: str) -> None:
    error = cli.error("memory", "save", "c", stdin=text, code=1)
    assert error["code"] == "invalid_data"
    assert error["message"].startswith(problem)
    assert not (cli.folder / "data").exists()


def test_text_that_is_not_utf8_is_refused(cli: Cli) -> None:
    (cli.folder / "x").write_bytes(b"abc\xff")
    result = cli("memory", "save", "c", "x", code=1)
    assert result.stderr == (
        "error: x is not UTF-8 text (byte 3) [invalid_data]\nhint: Save it as UTF-8.\n"
    )


def test_a_byte_order_mark_is_no_part_of_json(cli: Cli) -> None:
    (cli.folder / "x").write_bytes(b"\xef\xbb\xbf[1]")
    cli("memory", "save", "c", "x")
    assert cli.data("memory", "show", "c")["memory"] == [1]


def test_input_is_bounded(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_BYTES", 10)
    cli("memory", "save", "c", stdin='"12345678"')
    error = cli.error("memory", "save", "c", stdin='"123456789"', code=1)
    assert error["code"] == "object_too_large"


def test_a_document_is_bounded(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__MAX_DOCUMENT_BYTES", "10")
    cli("memory", "save", "c", stdin='"12345678"           ')
    error = cli.error("memory", "save", "c", stdin='"123456789"', code=1)
    assert error["code"] == "object_too_large"


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_a_wrong_argument(cli: Cli, name: str) -> None:
    error = cli.error("memory", "save", "c", name, code=2)
    assert error["code"] == "usage"
    assert error["message"].startswith(f"cannot read {name}: ")


@pytest.mark.parametrize(
    ("value", "seconds"), [("90s", 90), ("2m", 120), ("1h", 3600), ("30d", 2592000), ("1w", 604800)]
)
def test_durations(cli: Cli, value: str, seconds: int) -> None:
    from ingenious_ops.cli.parameters import duration

    assert duration(value).total_seconds() == seconds
    cli("gc", "--dry-run", "--grace", value)


@pytest.mark.parametrize("value", ["5", "d", "-1d", "1.5h", "1 d", "9999999d"])
def test_what_is_no_duration(cli: Cli, value: str) -> None:
    error = cli.error("gc", "--dry-run", "--grace", value, code=2)
    assert "is not a duration such as" in error["message"]


def test_prompts_are_stored_as_they_are(cli: Cli) -> None:
    cli("prompts", "create", "s")
    text = "\ufeffa\r\nb {{ x }}  \n\n"
    cli("prompts", "put", "s", "p.md=-", stdin=text.encode())
    assert cli("prompts", "show", "s", "p.md").stdout_bytes == text.encode()
    cli("prompts", "export", "out", "--set", "s")
    assert Path("out/p.md").read_bytes() == text.encode()
