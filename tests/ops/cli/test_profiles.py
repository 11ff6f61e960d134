"""`profiles ls`: which profiles there are, and which one is chosen."""

from __future__ import annotations

import pytest

from tests.ops.cli.harness import Cli

FILE = """
profiles:
  dev: {storage: {type: local, base_path: ./here}}
  prod: {storage: {type: azure_blob, account_name: acct, credential: default}}
  broken: {storage: {type: azure_blobb}}
"""


def test_the_profiles_of_the_file(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("profiles.yml", FILE)
    monkeypatch.setenv("INGENIOUS_PROFILE", "prod")
    rows = [line.split("\t") for line in cli("profiles", "ls").stdout.splitlines()]
    assert [row[:2] for row in rows] == [["dev", ""], ["prod", "*"], ["broken", ""]]
    assert [row[2] for row in rows[:2]] == [
        "local, here",
        "azure_blob, https://acct.blob.core.windows.net",
    ]
    assert rows[2][2].startswith("wrong: ")
    found = cli.data("profiles", "ls", "--profile", "dev")
    assert found["file"] == "profiles.yml"
    assert [each["name"] for each in found["profiles"] if each["chosen"]] == ["dev"]


def test_a_chosen_profile_that_is_not_there_is_no_error(cli: Cli) -> None:
    cli.write("p.yml", "profiles: {a: {}}")
    assert (
        cli("profiles", "ls", "--profile", "x", "--profiles", "p.yml").stdout
        == "a\t\tlocal, data\n"
    )
    assert cli("profiles", "ls").stderr == "there is no profiles.yml\n"
    cli.write("empty.yml", "storage: {type: local}")
    assert cli("profiles", "ls", "--profiles", "empty.yml").stderr == "no profiles in empty.yml\n"
    error = cli.error("profiles", "ls", "--profiles", "nope.yml", code=1)
    assert error["code"] == "invalid_configuration"
