"""Which source decides, which file is read, and what `--explain` says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.config import (
    Origin,
    Settings,
    StorageSettings,
    explain,
    load_settings,
    redact,
)
from ingenious_storage.errors import ConfigurationError
from tests.library.config.conftest import Load
from tests.library.config.refusals import ACCOUNT, CANARY, KEY, refused

LEVELS = ("argument", "environment", "dotenv", "profile", "config", "default")


def load_from(load: Load, levels: tuple[str, ...]) -> Settings:
    """Every one of `levels` sets the workers, to its own place in LEVELS."""

    def says(level: str, text: str) -> str | None:
        return text.format(LEVELS.index(level) + 1) if level in levels else None

    variable = says("environment", "{}")
    return load(
        "dev",
        config=says("config", "storage: {{workers: {}}}") or "",
        profiles="profiles: {dev: " + (says("profile", "{{storage: {{workers: {}}}}}") or "") + "}",
        dotenv=says("dotenv", "INGENIOUS_STORAGE__WORKERS={}") or "",
        environ={"INGENIOUS_STORAGE__WORKERS": variable} if variable else {},
        overrides={"storage.workers": says("argument", "{}")},
    )


@pytest.mark.parametrize("place", range(len(LEVELS)), ids=LEVELS)
def test_each_level_beats_all_below(load: Load, place: int) -> None:
    settings = load_from(load, LEVELS[place:])
    expected = StorageSettings().workers if LEVELS[place] == "default" else place + 1
    assert settings.storage.workers == expected
    assert settings.origins["storage.workers"].kind == LEVELS[place]


@pytest.mark.parametrize("place", range(len(LEVELS) - 1), ids=LEVELS[:-1])
def test_each_level_alone_beats_the_default(load: Load, place: int) -> None:
    assert load_from(load, (LEVELS[place],)).storage.workers == place + 1


def test_levels_mix_by_key_and_below_retry(load: Load) -> None:
    settings = load(
        config="storage: {timeout: 1, retry: {attempts: 2, cap: 3}}",
        profiles="storage: {timeout: 4, retry: {cap: 5}}",
        environ={"INGENIOUS_STORAGE__RETRY__BASE": "0.5"},
    )
    assert settings.storage.timeout == 4
    assert settings.storage.retry.model_dump() == {
        "attempts": 2,
        "deadline": 60,
        "base": 0.5,
        "cap": 5,
    }


def test_defaults_need_nothing(load: Load) -> None:
    settings = load()
    assert settings.storage == StorageSettings()
    assert set(settings.origins.values()) == {Origin("default")}


def test_the_environment_of_the_process_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INGENIOUS_STORAGE__WORKERS", "3")
    assert load_settings().storage.workers == 3


def test_empty_takes_back_in_yaml(load: Load) -> None:
    settings = load(
        config=f"storage: {{tenant_id: a, client_id: b, account_key: {KEY}}}",
        profiles="storage: {tenant_id: null, client_id: '', account_key: '${UNSET:}'}",
    )
    assert settings.storage == StorageSettings()


@pytest.mark.parametrize("name", ["profile", "config", "profiles"])
def test_what_chooses_may_not_be_empty(load: Load, name: str) -> None:
    """An unset variable of a script gives such a text: the default is not what it meant."""
    variable = f"INGENIOUS_{name.upper()}"
    for dotenv in ("", f"{variable}=dev"):
        with pytest.raises(ConfigurationError, match=f"variable {variable} is given, but empty"):
            load(environ={variable: ""}, dotenv=dotenv)
    argument = {"profile": "profile"}.get(name, f"{name}_path")
    with pytest.raises(ConfigurationError, match=f"argument {name} is given, but empty"):
        load(environ={variable: "dev"}, **{argument: ""})


def test_types_are_the_same_from_every_source(load: Load) -> None:
    settings = load(
        config="storage: {auto_create_containers: no, account_name: 0123}",
        profiles="storage: {allowed_endpoint_suffixes: [A.example, .b.example]}",
        environ={"INGENIOUS_STORAGE__RETRY__CAP": "2.5"},
        overrides={"storage.base_path": Path("x"), "storage.timeout": 5, "storage.workers": "7"},
    )
    storage = settings.storage
    assert storage.auto_create_containers is False
    assert storage.account_name == "0123"  # not the octal number 83
    assert storage.allowed_endpoint_suffixes == ("a.example", "b.example")
    assert (storage.base_path, storage.timeout, storage.workers) == (Path("x"), 5, 7)


def test_a_list_is_one_value_and_a_variable_writes_it_with_commas(load: Load) -> None:
    settings = load(
        config="storage: {allowed_endpoint_suffixes: [a.example]}",
        environ={"INGENIOUS_STORAGE__ALLOWED_ENDPOINT_SUFFIXES": "b.example, c.example"},
    )
    assert settings.storage.allowed_endpoint_suffixes == ("b.example", "c.example")


def test_the_home_directory_is_expanded(load: Load, tmp_path: Path) -> None:
    settings = load(config="storage: {base_path: ~/agents}")
    assert settings.storage.base_path == tmp_path / "home/agents"


# Which file


def test_the_files_that_were_read_are_told(load: Load, tmp_path: Path) -> None:
    assert load().files == ()
    found = load(config="other: 1", profiles="profiles: {a: {}}", dotenv="X=1").files
    assert found == (Path(".env"), Path("profiles.yml"), Path("config.yml"))
    (tmp_path / "home/.ingenious").mkdir()
    home = tmp_path / "home/.ingenious/profiles.yml"
    (tmp_path / "profiles.yml").rename(home)
    assert load().files[1] == home.relative_to(tmp_path)


def test_files_are_named_by_argument_then_variable(load: Load, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yml").write_text(f"storage: {{container_data: from-{name}}}")
    named = {"INGENIOUS_CONFIG": "b.yml"}
    usual = "storage: {container_data: from-usual}"
    assert load(config=usual).storage.container_data == "from-usual"
    assert load(environ=named).storage.container_data == "from-b"
    assert load(dotenv="INGENIOUS_CONFIG=c.yml").storage.container_data == "from-c"
    assert load(environ=named, config_path="a.yml").storage.container_data == "from-a"


def test_profiles_come_from_here_before_home(load: Load, tmp_path: Path) -> None:
    at_home = tmp_path / "home/.ingenious/profiles.yml"
    at_home.parent.mkdir()
    at_home.write_text("profiles: {dev: {storage: {container_data: from-home}}}")
    settings = load("dev")
    assert settings.storage.container_data == "from-home"
    assert settings.origins["storage.container_data"].file == Path("home/.ingenious/profiles.yml")
    here = "profiles: {dev: {storage: {container_data: from-here}}}"
    assert load("dev", profiles=here).storage.container_data == "from-here"
    named = {"INGENIOUS_PROFILES": "~/.ingenious/profiles.yml"}
    assert load("dev", environ=named).storage.container_data == "from-home"


@pytest.mark.parametrize("name", ["config_path", "profiles_path"])
def test_a_named_file_must_exist(load: Load, name: str, tmp_path: Path) -> None:
    refused(lambda: load(**{name: "nowhere.yml"}), "nowhere.yml", "does not exist")
    refused(lambda: load(**{name: tmp_path / "home"}), "home", "cannot be read")


def test_a_home_that_may_not_be_entered_does_no_harm(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", denied)
    assert load().storage == StorageSettings()


# Profiles

_LIST = """
- {name: dev, storage: {workers: 3}}
- {name: prod, storage: {workers: 4}}
- {name: bare}
"""
SHAPES = {
    "mapping": "profiles: {dev: {storage: {workers: 3}}, prod: {storage: {workers: 4}}, bare: }",
    "list": _LIST,
    "list below profiles": f"profiles:{_LIST}",
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_shapes_of_profiles(load: Load, text: str) -> None:
    assert load(profiles=text).storage.workers is None
    assert load("dev", profiles=text).storage.workers == 3
    assert load("bare", profiles=text).storage.workers is None
    chosen = load(environ={"INGENIOUS_PROFILE": "prod"})
    assert (chosen.storage.workers, chosen.profile) == (4, "prod")
    assert load("dev", environ={"INGENIOUS_PROFILE": "prod"}).storage.workers == 3
    assert load(dotenv="INGENIOUS_PROFILE=dev").storage.workers == 3
    error = refused(lambda: load("staging"), "no profile 'staging'", "profiles.yml")
    assert error.hint == "It has bare, dev, prod."


def test_a_profile_of_our_own_goes_before_that_of_the_framework(load: Load) -> None:
    theirs = {"INGENIOUS_PROFILE": "prod"}
    ours = {**theirs, "INGENIOUS_STORAGE_PROFILE": "dev"}
    text = SHAPES["mapping"]
    assert load(environ=ours, profiles=text).profile == "dev"
    assert load("prod", environ=ours, profiles=text).profile == "prod"
    assert load(environ=theirs, dotenv="INGENIOUS_STORAGE_PROFILE=dev", profiles=text).profile == (
        "dev"
    )
    none = {"INGENIOUS_PROFILE": "anything", "INGENIOUS_STORAGE_PROFILE": "none"}
    found = load(environ=none, profiles=text)
    assert (found.profile, found.storage.workers) == (None, None)
    assert load(environ=none, profiles="storage: {workers: 3}").storage.workers == 3
    empty = {**theirs, "INGENIOUS_STORAGE_PROFILE": ""}
    refused(lambda: load(environ=empty, profiles=text), "INGENIOUS_STORAGE_PROFILE is given, but")


def test_an_anonymous_profile_applies_unless_another_is_asked_for(load: Load) -> None:
    text = "storage: {workers: 3}"
    assert load(profiles=text).storage.workers == 3
    refused(lambda: load("dev", profiles=text), "no profile 'dev'")


def test_asking_for_a_profile_needs_a_file(load: Load) -> None:
    refused(lambda: load("dev"), "'dev'", "no profiles.yml")
    refused(lambda: load("dev", profiles=""), "'dev'")


def test_profiles_that_mean_two_things_are_refused(load: Load) -> None:
    refused(
        lambda: load(profiles="profiles: {dev: {}}\nstorage: {}"),
        "profiles.yml:2: storage stands beside profiles",
    )
    refused(lambda: load(profiles="- {name: a}\n- {name: a}"), "profiles.yml:2:", "twice")


# Explaining


def test_explain_says_file_and_line_or_variable(load: Load) -> None:
    settings = load(
        "prod",
        config="# ours\nstorage:\n  timeout: 30\n  container_data: some-data\n",
        profiles=f"profiles:\n  prod:\n    storage:\n      account_key: {KEY}\n",
        dotenv=f"AZURE_STORAGE_SAS_TOKEN='sig={CANARY}'\n",
        environ={
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "INGENIOUS_STORAGE__RETRY__CAP": "7",
        },
        overrides={"storage.workers": 2},
    )
    lines = {line.key: (line.value, line.origin) for line in explain(settings)}
    assert lines["storage.timeout"] == ("30", "config.yml:3")
    assert lines["storage.container_data"] == ("some-data", "config.yml:4")
    assert lines["storage.account_key"] == ("***", "profiles.yml:4")
    assert lines["storage.sas_token"] == ("***", "AZURE_STORAGE_SAS_TOKEN in .env:1")
    assert lines["storage.account_name"] == (ACCOUNT, "AZURE_STORAGE_ACCOUNT_NAME")
    assert lines["storage.retry.cap"] == ("7", "INGENIOUS_STORAGE__RETRY__CAP")
    assert lines["storage.workers"] == ("2", "argument")
    assert lines["storage.auto_create_containers"] == ("true", "default")
    assert lines["storage.credential"] == ("", "default")
    unchosen = ("storage.s3.", "storage.gcs.", "storage.sharded.")
    assert lines.keys() == {name for name in settings.origins if not name.startswith(unchosen)}


def test_secrets_are_never_shown(load: Load) -> None:
    secret = {
        f"storage.{name}": f"{CANARY}-{name}"
        for name in ("connection_string", "account_key", "sas_token", "client_secret")
    }
    misplaced = {
        "storage.endpoint": f"https://x.example/?sig={CANARY}",
        "storage.tenant_id": f"AccountName=x;AccountKey={CANARY}==",
    }
    settings = load(overrides=secret)
    shown = f"{settings} {settings!r} {settings.storage.model_dump_json()}"
    shown += repr(explain(settings)) + repr(settings.origins)
    assert CANARY not in shown
    assert "***" in shown
    assert CANARY not in repr(explain(load(overrides=misplaced)))


def test_a_hint_that_names_a_signature_stays_whole() -> None:
    hint = "Give the query of the SAS URL, from 'sv=' to 'sig=...', without the URL."
    assert redact(hint) == hint
    assert redact(f"a?sv=1&sig={CANARY}%3D&se=2 'SIG={CANARY}'") == "a?sv=1&sig=***&se=2 'SIG=***"
    assert redact(f"AccountKey={KEY};A=b") == "AccountKey=***;A=b"
