"""The framework's own files beside ours, in the layout of its templates, do no harm."""

from __future__ import annotations

import yaml

from ingenious_storage.config import StorageSettings
from tests.library.config.conftest import Load
from tests.library.config.refusals import refused

CONFIG = """\
profile: dev
models:
  - &model
    model: ${AZURE_OPENAI_MODEL_NAME:gpt-4.1-nano}
    api_type: azure
    api_version: ${AZURE_OPENAI_API_VERSION}
  - {<<: *model, api_type: rest}
logging: {root_log_level: debug, log_level: debug}
chat_history:
  database_type: sqlite
  database_path: ./.tmp/high_level_logs.db
  memory_path: ./.tmp
web_configuration:
  port: ${WEB_PORT:80}
  started: 2026-11-23
  authentication: {enable: "${WEB_AUTH_ENABLE", type: basic}
file_storage: &files
  revisions: {enable: true, storage_type: local, container_name: revisions, path: .files}
  data: {enable: true, storage_type: azure, container_name: Data_Container, path: .files}
backup: *files
1: {a: !!set {x}, b: !!binary aGVsbG8=}
"""
PROFILES = """\
- name: dev
  models:
    - {model: gpt-4.1-nano, api_key: "${AZURE_OPENAI_API_KEY}", base_url: "${NOWHERE}"}
  receiver_configuration: {enable: false, api_key: "${RECEIVER_API_KEY:DevApiKey}"}
  file_storage:
    revisions: {url: "${AZURE_STORAGE_REVISIONS_URL:}", authentication_method: msi}
    data: {url: "${AZURE_STORAGE_DATA_URL:}", token: "${UNSET_TOKEN}"}
- name: prod
  storage: {account_name: "${UNSET_ACCOUNT}"}
- unnamed: true
"""
DOTENV = """\
# of the framework
export INGENIOUS_PROFILE=dev
INGENIOUS_MODELS__0__API_KEY=anything
INGENIOUS_FILE_STORAGE__DATA__STORAGE_TYPE=azure
INGENIOUS_STORAGE_ROOT=/somewhere
AZURE_STORAGE_REVISIONS_URL="https://contosoagents.blob.core.windows.net"
JWT_SECRET_KEY
"""


def test_files_without_our_sections_change_nothing(load: Load) -> None:
    assert yaml.safe_load(CONFIG)
    assert yaml.safe_load(PROFILES)
    settings = load(config=CONFIG, profiles=PROFILES, dotenv=DOTENV)
    assert settings.storage == StorageSettings()
    assert settings.profile == "dev"


def test_our_sections_stand_among_the_framework_s(load: Load) -> None:
    settings = load(
        "prod",
        config=f"{CONFIG}storage:\n  workers: 3\n",
        profiles=PROFILES,
        dotenv=DOTENV,
        environ={"UNSET_ACCOUNT": "contosoagents"},
    )
    assert settings.storage.workers == 3
    assert settings.storage.account_name == "contosoagents"
    assert str(settings.origins["storage.workers"]) == "config.yml:23"


def test_only_the_chosen_profile_needs_its_variables(load: Load) -> None:
    load("dev", config=CONFIG, profiles=PROFILES)
    refused(lambda: load("prod"), "profiles.yml:9", "storage.account_name", "UNSET_ACCOUNT")


def test_a_connection_string_of_other_software_is_not_judged_until_it_is_used(load: Load) -> None:
    environ = {"AZURE_STORAGE_CONNECTION_STRING": "not one"}
    load(environ=environ)
    refused(
        lambda: load(environ={**environ, "INGENIOUS_STORAGE__TYPE": "azure_blob"}),
        "storage.connection_string (AZURE_STORAGE_CONNECTION_STRING)",
    )


def test_anchors_and_merges_work_in_our_sections(load: Load) -> None:
    text = """\
defaults: &defaults
  workers: 3
  timeout: 4
profiles:
  dev:
    storage: {<<: *defaults, timeout: 5}
  prod:
    storage:
      <<: [{workers: 6}, *defaults]
"""
    dev, prod = load("dev", profiles=text), load("prod")
    assert (dev.storage.workers, dev.storage.timeout) == (3, 5)
    assert (prod.storage.workers, prod.storage.timeout) == (6, 4)
    assert str(dev.origins["storage.workers"]) == "profiles.yml:2"
