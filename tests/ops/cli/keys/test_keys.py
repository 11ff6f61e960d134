"""`keys`: what each command says and does, and how it exits."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingenious_ops.cli import root
from ingenious_ops.cli.app import NAME
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.services.keys import Keys
from tests.ops.cli.harness import Cli
from tests.ops.cli.keys.conftest import configure

DATA = Path("data/ingenious-data")
HEADS = DATA / "conversations"


def masters(cli: Cli, container: int = 0) -> list[str]:
    return [each["id"] for each in cli.data("keys", "status")["containers"][container]["masters"]]


def test_without_encryption_it_says_what_to_set(plain: Cli) -> None:
    for args in (["status"], ["init"], ["rotate"], ["rewrap"], ["verify"], ["encrypt"]):
        error = plain.error("keys", *args, code=1)
        assert error["code"] == "invalid_configuration"
        assert "storage.encryption.provider" in error["hint"]
    plain.error("keys", "destroy", "--everything", "--yes", code=1)
    assert not Path("data").exists()


def test_init_and_what_to_back_up(encrypted: Cli) -> None:
    result = encrypted("keys", "init")
    assert [line.split("\t")[0::2] for line in result.stdout.splitlines()] == [
        ["data", "made"],
        ["revisions", "made"],
    ]
    assert "made keys.json" in result.stderr
    assert "Back up keys.json where the data is not" in result.stderr
    again = encrypted.data("keys", "init")
    assert not again["key_file_made"]
    assert [each["made"] for each in again["containers"]] == [False, False]


def test_init_names_the_file_where_the_configuration_does_not(plain: Cli) -> None:
    result = plain("keys", "init", "--key-file", "there/keys.json")
    path = plain.folder / "there/keys.json"
    assert path.stat().st_mode & 0o077 == 0
    assert f"provider: key_file, key_file: {path}" in result.stderr
    configure(plain, provider="key_file", key_file=str(path))
    assert masters(plain) == [result.stdout.split("\t")[1]]
    assert not plain.data("keys", "init", "--key-file", "there/keys.json")["key_file_made"]
    error = plain.error("keys", "init", "--key-file", "other.json", code=2)
    assert "leave --key-file out" in error["message"]
    assert not Path("other.json").exists()


def test_init_makes_no_key_file_in_place_of_a_lost_one(encrypted: Cli) -> None:
    encrypted("memory", "save", "c", stdin="1", code=1)  # there is no key file
    encrypted("keys", "init")
    encrypted("memory", "save", "c", stdin="1")
    Path("keys.json").rename("lost.json")
    error = encrypted.error("keys", "init", code=1)
    assert (error["code"], "backup" in error["hint"]) == ("key_refused", True)
    assert not Path("keys.json").exists()
    KeyFile.create(Path("keys.json"))  # another one
    assert encrypted.error("memory", "show", "c", code=1)["code"] == "key_refused"
    assert encrypted.error("keys", "init", code=1)["code"] == "key_refused"  # it opens nothing
    status = encrypted("keys", "status")
    assert "(does not open)" in status.stdout
    assert "does not open: keys.json has no version" in status.stderr
    assert "`keys rewrap`" not in status.stderr
    assert encrypted.data("keys", "verify", code=1)["problems"] > 0
    Path("lost.json").replace("keys.json")
    encrypted("keys", "verify")


def test_status_of_a_rotation(encrypted: Cli) -> None:
    encrypted("keys", "init")
    encrypted("memory", "save", "c", stdin="1")
    encrypted("keys", "rotate")
    encrypted("memory", "save", "d", stdin="1")
    rows = [line.split("\t") for line in encrypted("keys", "status", "--count").stdout.splitlines()]
    assert [(row[0], row[4]) for row in rows] == [
        ("data", "1 document, new documents"),
        ("data", "1 document"),
        ("revisions", "0 documents, new documents"),
        ("revisions", "0 documents"),
    ]
    assert "documents" not in encrypted("keys", "status").stdout.splitlines()[1]


def test_a_new_version_of_the_key_file(encrypted: Cli) -> None:
    encrypted("keys", "init")
    encrypted("keys", "rotate", "--key-file")
    assert encrypted("keys", "status").stderr.count("`keys rewrap`") == 2
    found = encrypted.data("keys", "rewrap")["containers"]
    assert [each["rewrapped"] for each in found] == [1, 1]
    assert "`keys rewrap`" not in encrypted("keys", "status").stderr
    assert encrypted.data("keys", "status")["vault_key"]["other_versions"] == 1


def test_verify_and_its_exit_codes(encrypted: Cli) -> None:
    encrypted("keys", "init")
    encrypted("memory", "save", "c", stdin="1")
    assert "1 document key, 1 blob checked: 0 problems" in encrypted("keys", "verify").stderr
    head = HEADS / "c/memory.json"
    sealed = head.read_bytes()
    head.write_bytes(b"plain")
    result = encrypted("keys", "verify", code=1)
    assert result.stdout.split("\t")[:3] == ["data", "conversations/c/memory.json", "not_encrypted"]
    head.write_bytes(sealed)
    record = DATA / "keys/documents/conversations/c/memory.json"
    text = record.read_text()
    stray = DATA / "keys/documents/conversations/gone/memory.json"
    stray.parent.mkdir(parents=True)
    stray.write_text(text.replace('"created_at":"20', '"created_at":"19'))
    # It is of another document, so it is damaged as well.
    data = encrypted.data("keys", "verify", code=1)
    assert (data["problems"], data["strays"]) == (1, 1)
    stray.unlink()
    record.write_text(text.replace('"created_at":"20', '"created_at":"19'))
    shutil.rmtree(HEADS)
    assert "warning: stray in data: keys/documents/" in encrypted("keys", "verify").stderr
    encrypted("keys", "verify", "--strict", code=5)


def test_destroy_asks_and_refuses(encrypted: Cli) -> None:
    encrypted("keys", "init")
    encrypted("memory", "save", "c", stdin="1")
    [old] = masters(encrypted)
    encrypted("keys", "destroy", code=2)
    encrypted("keys", "destroy", old, "--everything", "--yes", code=2)
    encrypted("keys", "destroy", old, "--container", "revisions", "--yes", code=3)
    assert "add --yes" in encrypted("keys", "destroy", old, code=2).stderr
    encrypted("keys", "destroy", "ffff", "--yes", code=3)
    encrypted("keys", "destroy", f"../master/{old}", "--yes", code=3)
    assert "keys rotate" in encrypted("keys", "destroy", old, "--yes", code=4).stderr
    encrypted("keys", "rotate")
    assert "so young" in encrypted("keys", "destroy", old, "--yes", code=4).stderr
    encrypted("keys", "destroy", old, "--grace", "0s", "--dry-run", code=4)
    assert old in masters(encrypted)
    encrypted("memory", "purge", "c", "--yes")
    dry = encrypted("keys", "destroy", old, "--grace", "0s", "--dry-run").stderr
    assert "would destroy 1 master key" in dry
    assert old in masters(encrypted)
    encrypted("keys", "destroy", old, "--grace", "0s", "--yes")
    assert old not in masters(encrypted)


def test_destroy_everything_and_its_receipt(encrypted: Cli) -> None:
    encrypted("keys", "init")
    encrypted("memory", "save", "c", stdin="1")
    encrypted("prompts", "create", "s")
    shutil.copytree("data", "copy")  # before
    encrypted("keys", "destroy", "--everything", "--dry-run")
    assert encrypted.data("memory", "show", "c")["memory"] == 1
    args = ("keys", "destroy", "--everything", "--container", "data", "--yes")
    [receipt] = encrypted.data(*args)["containers"]
    assert (receipt["role"], receipt["documents"], len(receipt["masters"])) == ("data", 1, 1)
    assert receipt["recoverable_until"] > receipt["destroyed_at"]
    assert receipt["wrapped_by"] == [KeyFile(Path("keys.json")).describe().key_id]
    assert encrypted.error("memory", "show", "c", code=1)["code"] == "key_destroyed"
    encrypted("prompts", "ls", "s")
    shutil.rmtree("copy/ingenious-data/keys")  # as the account does with it in time
    shutil.rmtree("data")
    shutil.move("copy", "data")
    assert encrypted.error("memory", "show", "c", code=1)["code"] == "key_destroyed"


def test_encrypt_in_place(plain: Cli) -> None:
    plain("memory", "save", "c", stdin='"words"')
    plain("memory", "rm", "c")
    plain("memory", "restore", "c")
    plain("prompts", "create", "s")
    assert b"words" in (HEADS / "c/memory.json").read_bytes()
    encryption = {"provider": "key_file", "key_file": "keys.json"}
    configure(plain, **encryption)
    plain("keys", "init")
    assert plain.error("memory", "show", "c", code=1)["code"] == "not_encrypted"
    assert "accept_plain" in plain("keys", "encrypt", code=1).stderr
    configure(plain, **encryption, accept_plain=True)
    assert "would encrypt 3 blobs" in plain("keys", "encrypt", "--dry-run").stderr
    assert b"words" in (HEADS / "c/memory.json").read_bytes()
    result = plain("keys", "encrypt", "--container", "data")
    assert result.stdout.split("\t")[:2] == ["data", "2"]
    [data, revisions] = plain.data("keys", "encrypt", "--workers", "2")["containers"]
    assert (data["written"], data["already"], revisions["written"]) == (0, 2, 1)
    configure(plain, **encryption)
    assert plain.data("memory", "show", "c")["memory"] == "words"
    assert b"words" not in (HEADS / "c/memory.json").read_bytes()
    plain("keys", "verify", "--strict")
    plain("verify", "--strict")


def test_encrypt_names_what_it_could_not(plain: Cli) -> None:
    plain("memory", "save", "c", stdin='"words"')
    configure(plain, provider="key_file", key_file="keys.json", accept_plain=True)
    plain("keys", "init")
    (DATA / "broken").write_bytes(b"\x93IS")
    (DATA / "cut").write_bytes(b"\x93ISE")
    data = plain.data("keys", "encrypt")["containers"][0]
    assert (data["written"], data["already"], data["failures"]) == (2, 1, [])
    found = plain.data("keys", "verify", code=1)["containers"][0]["problems"]
    assert [(each["key"], each["code"]) for each in found] == [("cut", "corrupt_object")]


def test_no_key_is_shown_whatever_goes_wrong(encrypted: Cli) -> None:
    shown = encrypted("keys", "init", "--debug", "-v").output
    encrypted("memory", "save", "c", stdin="1")
    secret = json.loads(Path("keys.json").read_bytes())["keys"][0]["key"]
    container = DATA / "keys/container.json"
    container.write_bytes(container.read_bytes().replace(b'"wrapped":"', b'"wrapped":"AAAA'))
    for args in (
        ["status"],
        ["status", "--count"],
        ["rotate"],
        ["rotate", "--key-file"],
        ["rewrap"],
        ["verify"],
        ["destroy", "--everything", "--dry-run"],
    ):
        for options in (["--debug", "-v"], ["--debug", "--json"]):
            result = CliRunner().invoke(root, ["keys", *args, *options], prog_name=NAME)
            shown += result.output
    assert "Traceback" in shown
    raw = base64.b64decode(secret)
    for text in (secret, raw.hex(), repr(raw)[2:-1], base64.urlsafe_b64encode(raw).decode()):
        assert text[:20] not in shown


def test_compressing_alone_is_not_called_encrypting(
    plain: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain("memory", "save", "c", stdin="1")
    monkeypatch.setenv("INGENIOUS_STORAGE__COMPRESSION__ENABLED", "true")
    said = plain("keys", "encrypt", "--compress", "--dry-run").stderr
    assert said == "would compress 1 blob, 0 failures\n"
    assert plain("keys", "encrypt", "--compress").stderr == (
        "compressed and read back 1 blob, 0 failures\n"
    )


def test_an_encryption_that_is_interrupted_says_how_far_it_came(
    encrypted: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypted("keys", "init")
    monkeypatch.setenv("INGENIOUS_STORAGE__ENCRYPTION__ACCEPT_PLAIN", "true")

    def interrupted(*_args: object, on_progress: Callable[[object], None], **_rest: object) -> None:
        on_progress(None)
        raise KeyboardInterrupt

    monkeypatch.setattr(Keys, "encrypt", interrupted)
    said = encrypted("keys", "encrypt", code=130).stderr
    assert "interrupted while encrypting: 1 done; the same command goes on" in said
