"""Layers that are set up wrongly, or whose keys cannot be had."""

from __future__ import annotations

from pathlib import Path

from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.storage import Storage
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case


def key_file(bench: Bench) -> Path:
    """Encryption by a key file in the working directory, on a folder."""
    assert bench.folder.is_dir()
    path = bench.cli.folder / "vault.key"
    KeyFile.create(path)
    bench.storage["encryption"] = {"provider": "key_file", "key_file": "vault.key"}
    return path


def make_keys(bench: Bench) -> None:
    """As the first save does; it leaves the records of keys alone."""
    with Storage(Settings(StorageSettings(**bench.storage))) as storage:
        storage.data.save_bytes("first", b"")
        storage.data.delete("first")


@case(
    "keys.provider",
    "vault.key cannot be read",
    "keys init",
    code="key_refused",
    blocks=("keys.wrap", "keys.container", "data.layers"),
)
def no_key_file(bench: Bench) -> None:
    key_file(bench).unlink()


@case("keys.provider", "others may read", "chmod 600", code="key_refused")
def key_file_that_others_may_read(bench: Bench) -> None:
    key_file(bench).chmod(0o644)


@case("keys.provider", "it is no key file", "backup", code="key_refused")
def damaged_key_file(bench: Bench) -> None:
    key_file(bench).write_text("{")


@case("data.layers", "has no version", "key file", code="key_refused")
def another_key_file(bench: Bench) -> None:
    path = key_file(bench)
    make_keys(bench)
    path.unlink()
    KeyFile.create(path)


@case(
    "keys.container",
    "there are none yet",
    "ingenious-storage keys init --profile cloud",
    status="warn",
    exit=0,
    blocks=("data.layers",),
)
def no_keys_yet(bench: Bench) -> None:
    key_file(bench)


@case("encryption.plain", "can replace any", "accept_plain out", status="warn", exit=0)
def plain_blobs_accepted(bench: Bench) -> None:
    key_file(bench)
    make_keys(bench)
    bench.storage["encryption"]["accept_plain"] = True


@case("encryption.index", "the text of all", "encrypted disk", status="warn", exit=0)
def index_of_plain_text(bench: Bench) -> None:
    key_file(bench)
    make_keys(bench)
    bench.storage["catalogue"] = {"plain_index": True}


@case(
    "encryption.off",
    "the container has keys",
    "as where it was written",
    code="invalid_configuration",
)
def encryption_turned_off(bench: Bench) -> None:
    key_file(bench)
    make_keys(bench)
    del bench.storage["encryption"]


@case("cache.bound", "nothing is remembered", "max_bytes", status="warn", exit=0)
def stale_answers_of_nothing(bench: Bench) -> None:
    assert bench.folder.is_dir()
    bench.storage["cache"] = {"stale_if_error": 30}


@case("cache.bound", "an eighth", "some MiB", status="warn", exit=0)
def cache_too_small(bench: Bench) -> None:
    assert bench.folder.is_dir()
    bench.storage["cache"] = {"max_bytes": 1024}


@case("cache.bound", "more than half", "Lower", status="warn", exit=0)
def cache_larger_than_the_machine(bench: Bench) -> None:
    assert bench.folder.is_dir()
    bench.storage["cache"] = {"max_bytes": 2**50}
