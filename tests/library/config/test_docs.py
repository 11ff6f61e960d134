"""docs/configuration.md and the committed templates say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.config import CONFIG_TEMPLATE, ENV_TEMPLATE, PROFILES_TEMPLATE, Settings
from ingenious_storage.config.keys import KEYS, SECTIONS, flatten
from ingenious_storage.config.sources.layers import Origin, Setting, nested, variables
from tests.library.config.conftest import Load

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip().strip("`") for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith(("| `storage.", "| `telemetry.", "| `api."))
]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_every_key_is_in_the_table_once_in_order() -> None:
    assert tuple(row[0] for row in ROWS) == KEYS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_says_the_default(row: list[str]) -> None:
    key, _, text, *_ = row
    section, _, _ = key.partition(".")
    tree: dict[str, Any] = nested({key: Setting(text or None, Origin("default"))})
    defaults = dict(flatten(SECTIONS[section](), section))
    if text:
        stated = dict(flatten(SECTIONS[section].model_validate(tree[section]), section))
        assert stated[key] == defaults[key]
    else:
        assert defaults[key] in (None, (), {})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_says_the_variable_and_the_meaning(row: list[str]) -> None:
    key, kind, _, variable, meaning = row
    assert list(variables({variable: "x"})) == [key]
    assert kind
    assert meaning.endswith(".")


def test_secrets_are_called_secrets() -> None:
    documented = {row[0] for row in ROWS if row[1] == "secret"}
    assert documented == {
        f"{section}.{name}"
        for section, model in SECTIONS.items()
        for name, field in model.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_load(load: Load, text: str) -> None:
    load(profiles=text)
    for name in ("dev", "prod"):
        if re.search(rf"(^  |name: ){name}\b", text, flags=re.MULTILINE):
            assert load(name).profile == name


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("config.yml", CONFIG_TEMPLATE),
        ("profiles.yml", PROFILES_TEMPLATE),
        (".env.example", ENV_TEMPLATE),
    ],
)
def test_the_committed_files_are_the_templates(name: str, template: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == template


def test_the_templates_load(load: Load) -> None:
    files = {"config": CONFIG_TEMPLATE, "profiles": PROFILES_TEMPLATE, "dotenv": ENV_TEMPLATE}
    assert load(**files).storage == load("dev").storage == Settings().storage
    test = load("test").storage.azure_account()
    assert test.account_url == "http://127.0.0.1:10000/devstoreaccount1"
    prod = load("prod", environ={"AZURE_STORAGE_ACCOUNT_NAME": "contosoagents"}).storage
    assert prod.azure_account().credential == "default"
    assert not prod.auto_create_containers
