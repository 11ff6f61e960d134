"""`cat`: one blob as the application wrote it, or as it is stored."""

from __future__ import annotations

import base64
from pathlib import Path

from ingenious_storage import Storage
from tests.ops.cli.harness import Cli, run_script

KEY = "conversations/c/memory.json"
STORED = Path("data/ingenious-data")
BINARY = bytes(range(256)) * 20_000


def test_a_blob_decrypted_and_as_it_is_stored(encrypted: Cli) -> None:
    encrypted("keys", "init")
    encrypted("memory", "save", "c", stdin='"wörds"')
    assert b'"data":"w\xc3\xb6rds"' in encrypted("cat", KEY).stdout_bytes
    assert encrypted("cat", KEY, "--raw").stdout_bytes == (STORED / KEY).read_bytes()
    assert encrypted.data("cat", KEY)["encoding"] == "utf-8"
    raw = encrypted.data("cat", KEY, "--raw")
    assert raw["encoding"] == "base64"
    assert base64.b64decode(raw["content"]) == (STORED / KEY).read_bytes()
    assert raw["bytes"] == len((STORED / KEY).read_bytes())


def test_a_large_one_of_the_other_container(encrypted: Cli) -> None:
    encrypted("keys", "init")
    with Storage.from_config() as storage:
        storage.revisions.save_bytes("large", BINARY)
    assert encrypted("cat", "large", "--container", "revisions").stdout_bytes == BINARY
    encrypted("cat", "large", code=3)


def test_a_record_of_keys_is_shown_as_it_is_stored_only(encrypted: Cli) -> None:
    encrypted("keys", "init")
    name = "keys/container.json"
    assert encrypted.error("cat", name, code=2)["code"] == "invalid_key"
    assert encrypted("cat", name, "--raw").stdout_bytes == (STORED / name).read_bytes()


def test_a_key_that_none_can_have(plain: Cli) -> None:
    Path("secret").write_text("words")
    plain("memory", "save", "c", stdin="1")
    for key in ("../../secret", "/etc/passwd", "a//b", ""):
        plain("cat", key, code=2)
        plain("cat", key, "--raw", code=2)


def test_it_needs_no_encryption(plain: Cli) -> None:
    plain("memory", "save", "c", stdin="1")
    assert plain("cat", KEY).stdout_bytes == (STORED / KEY).read_bytes()
    assert plain("cat", KEY, "--raw").stdout_bytes == (STORED / KEY).read_bytes()
    plain("cat", "nothing", code=3)


def test_the_bytes_pass_a_pipe_as_they_are(plain: Cli) -> None:
    with Storage.from_config() as storage:
        storage.data.save_bytes("binary", BINARY)
    done = run_script("cat", "binary", cwd=plain.folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, BINARY, b"")
