"""`infra profile`: into any shape of profiles.yml, and nothing but what it has to change."""

from __future__ import annotations

import difflib
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_ops.profiles.edit import edit_profile
from ingenious_storage.config import PROFILES_TEMPLATE, load_settings
from ingenious_storage.config.azure.shared_keys import EMULATOR_KEY
from tests.infra.cli.outputs import STORAGE, outputs
from tests.ops.cli.harness import Cli

SHAPES = {
    "mapping": "profiles:\n  dev:\n    storage:\n      type: local\n",
    "list below": "profiles:\n  - name: dev\n    storage:\n      type: local\n",
    "list below, flat": "profiles:\n- name: dev\n  storage:\n    type: local\n",
    "list": "- name: dev\n  models: []\n  storage:\n    type: local\n",
    "other profiles": "profiles:\n  prod:\n    storage:\n      type: local\n",
    "other list": "- name: prod\n  storage:\n    type: local\n",
    "no storage": "profiles:\n  dev:\n    models: {a: 1}\n",
    "null storage": "profiles:\n  dev:\n    storage:   # soon\n    models: {a: 1}\n",
    "null profile": "profiles:\n  dev:\n  prod:\n    storage:\n      type: local\n",
    "null profiles": "profiles:\nother: 1\n",
    "no profiles": "other:\n  - 1\n",
    "no newline": "profiles:\n  dev:\n    storage:\n      type: local",
    "comments only": "# mine\n",
    "empty": "",
    "document": "---\nprofiles:\n    dev:\n        storage:\n            type: local\n...\n",
    "literal": "profiles:\n  dev:\n    note: |\n      a\n      b\n\n# end\n",
    "windows": "profiles:\r\n  dev:\r\n    storage:\r\n      type: local\r\n",
    "mark": "\ufeffprofiles:\n  dev:\n    storage:\n      type: local\n",
    "anchor": "x: &x\n  retention_days: 7\nprofiles:\n  dev:\n    storage:\n      <<: *x\n",
    "quoted": "profiles:\n  'dev':\n    \"storage\":\n      'type': \"local\"  # why\n",
}


def write(text: str) -> Path:
    path = Path("profiles.yml")
    path.write_text(textwrap.dedent(text), encoding="utf-8", newline="")
    return path


def profile(cli: Cli, *args: str, code: int = 0, **more: Any) -> Any:
    file = cli.write("outputs.json", outputs(**more))
    return cli("infra", "profile", "--stack", "dev", "--outputs", file, *args, code=code)


def test_the_file_that_a_dotenv_names(cli: Cli) -> None:
    """The one that the library would read."""
    write(SHAPES["mapping"]).rename("other.yml")
    cli.write(".env", "INGENIOUS_PROFILES=other.yml\n")
    profile(cli, "--yes")
    assert not Path("profiles.yml").exists()
    assert load_settings("dev").storage.account_name == "ingeniousdev1a2b"


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_and_twice(cli: Cli, shape: str) -> None:
    path = write(SHAPES[shape])
    before = path.read_bytes().decode()
    profile(cli, "--yes")
    text = path.read_bytes().decode()
    removed = [
        line[2:]
        for line in difflib.ndiff(before.splitlines(), text.splitlines())
        if line.startswith("- ")
    ]
    assert len(removed) <= 1, "of what was there only `type: local` changes"
    assert ("\r\n" in before) == ("\r\n" in text)
    assert text.replace("\r\n", "").count("\r") == 0
    settings = load_settings("dev", environ={})
    assert {key: getattr(settings.storage, key) for key in STORAGE} == STORAGE

    assert profile(cli).stderr == "unchanged: profiles.yml\n"
    assert path.read_bytes().decode() == text


def test_a_file_that_is_not_there_is_made(cli: Cli) -> None:
    profile(cli, "--yes", "--profiles", "conf/p.yml")
    assert yaml.safe_load(Path("conf/p.yml").read_text()) == {
        "profiles": {"dev": {"storage": STORAGE}}
    }


def test_the_file_of_init_keeps_every_comment(cli: Cli) -> None:
    path = write(PROFILES_TEMPLATE)
    for name in ("dev", "test", "prod", "ci-7"):
        profile(cli, "--yes", "--name", name)
        assert load_settings(name, environ={}).storage.account_name == "ingeniousdev1a2b"
    lines = path.read_text().splitlines()
    kept = [
        line for line in PROFILES_TEMPLATE.splitlines() if line.lstrip().startswith("#") or not line
    ]
    assert [line for line in lines if line.lstrip().startswith("#") or not line] == kept
    assert lines.index(
        "  # An Azure account by identity: no secret. Infrastructure owns the containers."
    ) + 1 == lines.index("  prod:")
    assert "connection_string" not in path.read_text()


def test_the_difference_is_shown_and_nothing_written_without_yes(cli: Cli) -> None:
    path = write(SHAPES["mapping"])
    result = profile(cli, code=2)
    assert "nobody is there to ask: add --yes" in result.stderr
    assert "-      type: local\n+      type: azure_blob\n" in result.stdout
    assert path.read_text() == SHAPES["mapping"]


def test_keys_go_and_are_not_shown(cli: Cli) -> None:
    path = write("""\
        profiles:
          prod:
            storage: {type: azure_blob, account_name: a, account_key: c2VjcmV0}
          dev:
            storage:
              type: azure_blob
              # of the old account
              connection_string: AccountName=old;AccountKey=c2VjcmV0; # old
              credential: connection_string
              account_key: "c2VjcmV0"
              sas_token: sv=1&sig=c2VjcmV0
              endpoint: https://old.example.org
              timeout: 5   # slow line
        """)
    result = profile(cli, "--yes")
    assert "c2VjcmV0" not in result.output
    assert "-      connection_string: ***" in result.stdout
    written = yaml.safe_load(path.read_text())["profiles"]["dev"]["storage"]
    assert written == {**STORAGE, "timeout": 5}
    assert "      timeout: 5   # slow line\n" in path.read_text()


def test_a_credential_that_is_no_key_stays(cli: Cli) -> None:
    path = write("""\
        profiles:
          dev:
            storage:
              credential: managed_identity
              client_id: abc
        """)
    profile(cli, "--yes")
    written = yaml.safe_load(path.read_text())["profiles"]["dev"]["storage"]
    assert written == {**STORAGE, "credential": "managed_identity", "client_id": "abc"}


KEY = "https://kv-ingenious-dev.vault.azure.net/keys/client-key"
ENCRYPTION = {"provider": "azure_key_vault", "key_vault_key_id": KEY, "key_retention_days": 3}
ENCRYPTED = {
    "nothing": "",
    "empty": "      encryption:   # soon\n",
    "the provider": "      encryption:\n        provider: azure_key_vault  # the vault's\n",
    "more": "      encryption:\n        # while it is encrypted\n        accept_plain: true\n",
    "all of it": f"      encryption:\n        key_vault_key_id: {KEY}\n        provider: "
    "azure_key_vault\n        key_vault_credential: azure_cli\n        key_retention_days: 3\n",
}


@pytest.mark.parametrize("case", ENCRYPTED)
def test_a_key_of_the_stack_turns_encryption_on(cli: Cli, case: str) -> None:
    path = write(SHAPES["mapping"] + ENCRYPTED[case])
    before = yaml.safe_load(path.read_text())["profiles"]["dev"]["storage"].get("encryption")
    profile(cli, "--yes", key_vault_key_id=KEY)
    text = path.read_text()
    written = yaml.safe_load(text)["profiles"]["dev"]["storage"]
    assert written == {**STORAGE, "encryption": {**(before or {}), **ENCRYPTION}}
    for line in ENCRYPTED[case].splitlines():
        assert line in text, "what was there stays, with its comments"
    assert load_settings("dev", environ={}).storage.encryption.is_on
    assert profile(cli, key_vault_key_id=KEY).stderr == "unchanged: profiles.yml\n"


def test_without_a_key_of_the_stack_the_encryption_of_the_profile_stays(cli: Cli) -> None:
    path = write(SHAPES["mapping"] + ENCRYPTED["all of it"])
    profile(cli, "--yes")
    written = yaml.safe_load(path.read_text())["profiles"]["dev"]["storage"]
    assert written["encryption"] == {**ENCRYPTION, "key_vault_credential": "azure_cli"}


@pytest.mark.parametrize(
    ("encryption", "problem"),
    [
        ("{provider: key_file, key_file: k.json}", "encrypts with another key"),
        ("{key_vault_key_id: https://kv-old.vault.azure.net/keys/k}", "encrypts with another key"),
        ("{accept_plain: true}", "in braces"),
        ("3", "no mapping"),
    ],
)
def test_a_profile_that_encrypts_with_another_key_is_refused(
    cli: Cli, encryption: str, problem: str
) -> None:
    path = write(SHAPES["mapping"] + f"      encryption: {encryption}\n")
    before = path.read_text()
    assert problem in profile(cli, "--yes", code=1, key_vault_key_id=KEY).stderr
    assert path.read_text() == before


def test_another_endpoint_is_written(cli: Cli) -> None:
    profile(cli, "--yes", storage_endpoint="http://127.0.0.1:10000/ingeniousdev1a2b/")
    key = {"AZURE_STORAGE_ACCOUNT_KEY": EMULATOR_KEY}
    endpoint = load_settings("dev", environ=key).storage.endpoint
    assert endpoint == "http://127.0.0.1:10000/ingeniousdev1a2b"


REFUSED = {
    "bare": ("storage:\n  type: local\n", "one profile without a name"),
    "scalar": ("hello\n", "neither a mapping nor a list"),
    "profiles": ("profiles: 3\n", "neither a mapping nor a list"),
    "braces": ("profiles: {dev: {storage: {type: local}}}\n", "in braces"),
    "storage": ("profiles:\n  dev:\n    storage: 3\n", "its storage is no mapping"),
    "profile": ("profiles:\n  dev: 3\n", "it is no mapping"),
    "alias": (
        "profiles:\n  prod: &p\n    storage:\n      type: local\n  dev: *p\n",
        "shares it by an alias",
    ),
    "merge": (
        "x: &x\n  account_key: c2VjcmV0\nprofiles:\n  dev:\n    storage:\n      <<: *x\n",
        "inherits account_key",
    ),
    "section": (
        "profiles:\n  dev:\n    storage:\n      azure:\n        account_key: c2VjcmV0\n",
        "its section azure has account_key",
    ),
    "no YAML": ("profiles: [\n", "not valid YAML"),
    "twice": ("profiles:\n  dev:\n    storage:\n      type: a\n      type: b\n", "line 5 repeats"),
    "tag": ("profiles: !!python/object:x {}\n", "a tag that is not allowed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_refused_with_one_line(cli: Cli, case: str) -> None:
    text, problem = REFUSED[case]
    path = write(text)
    result = profile(cli, "--yes", code=1)
    assert problem in result.stderr
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 2
    assert "c2VjcmV0" not in result.output
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"storage_account_name": None}, "the output storage_account_name is null, not text"),
        ({"retention_days": 1.5}, "the output retention_days is 1.5, not a whole number"),
        ({"container_data": "UPPER"}, "the outputs make no profile"),
        (
            {"key_vault_key_id": KEY, "key_retention_days": None},
            "the output key_retention_days is null, not a whole number",
        ),
        ({"key_vault_key_id": 7}, "the output key_vault_key_id is 7, not text"),
        ({"key_vault_key_id": "https://evil.example/keys/k"}, "not the host of a key vault"),
        ({"storage_endpoint": "https://evil.example.org"}, "the outputs make no profile"),
    ],
)
def test_wrong_outputs(cli: Cli, more: dict[str, Any], problem: str) -> None:
    assert problem in profile(cli, "--yes", code=1, **more).stderr
    assert not Path("profiles.yml").exists()


def test_outputs_that_are_missing_or_of_infra_outputs(cli: Cli) -> None:
    args = ("infra", "profile", "--stack", "org/p/dev", "--yes", "--outputs")
    assert cli.error(*args, "nothing.json", code=2)["code"] == "usage"
    assert "no output storage_account_name" in cli(*args, cli.write("o.json", {}), code=1).stderr
    assert "no JSON object" in cli(*args, cli.write("o.json", []), code=1).stderr
    record = {"format": "ingenious.cli/1", "command": "infra.outputs"}
    file = cli.write("o.json", {**record, "data": {"stack": "dev", "outputs": outputs()}})
    done = cli.data(*args, file)
    assert (done["profile"], done["file"], done["changed"]) == ("dev", "profiles.yml", True)
    assert done["diff"].startswith("--- profiles.yml\n+++ profiles.yml\n")


def test_a_write_is_whole_or_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(SHAPES["mapping"])
    path.chmod(0o600)
    edit = edit_profile(path, "dev", STORAGE)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space"):
            edit.write()
    assert path.read_text() == SHAPES["mapping"]
    assert [each.name for each in Path().iterdir()] == ["profiles.yml"]
    edit.write()
    assert path.read_text() == edit.new
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(cli: Cli) -> None:
    Path("real.yml").write_text(SHAPES["mapping"])
    Path("profiles.yml").symlink_to("real.yml")
    profile(cli, "--yes")
    assert Path("profiles.yml").is_symlink()
    assert "azure_blob" in Path("real.yml").read_text()
