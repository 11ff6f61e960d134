"""Migrations between any two stores: what arrives is read back behind the store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.migrate.ends.hashing import SMALL
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import make_plan
from ingenious_ops.migrate.verification import verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import JSON, Properties
from ingenious_storage.config import Settings, StorageSettings
from tests.ops.migrate.harness import (
    Migration,
    azure_settings,
    bare,
    counts,
    data_of,
    memory_storage,
    read_blobs,
    sha256,
)
from tests.support.gcs import BucketOracle

OWNED = Properties("br", "de", "inline", "max-age=60", {"owner": "ann"})
FILES = {
    "empty": b"",
    "files/report v1": b"{}",  # SeaweedFS takes the type of .json for that of unknown bytes
    "files/\u00fc\u6f22": "\u6f22".encode(),
    "large": bytes(range(256)) * (SMALL // 256) + b"and more than a copy holds in memory",
    "same-1": b"equal bytes",
    "same-2": b"equal bytes",
}
LONG = "files/" + "\u6f22" * 400
"""1,206 bytes, of 406 characters."""
KINDS = ("local", "azure_blob", "s3", "gcs")
QUICK = {("azure_blob", "s3"), ("s3", "gcs")}
"""Every kind of cloud at both ends; the other pairs take their time in the slow run."""
PAIRS = [
    pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.slow, id="-".join(pair))
    for pair in permutations(KINDS, 2)
]


@dataclass(frozen=True)
class Place:
    """A store, and eyes of its own for what is in its data container."""

    storage: Storage
    read: Callable[[], dict[str, bytes]]
    write: Callable[[str, bytes], object]

    def hashes(self) -> dict[str, str]:
        return {key: sha256(data) for key, data in self.read().items()}


class Places:
    """Makes a store of a kind, with containers of this test."""

    def __init__(self, name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        self._name, self._tmp_path, self._request = name, tmp_path, request
        self._stack = ExitStack()

    def make(self, kind: str, role: str) -> Place:
        makers = {
            "local": self._local,
            "azure_blob": self._azure_blob,
            "s3": self._s3,
            "gcs": self._gcs,
        }
        return makers[kind](f"{self._name[:50]}-{role}")

    def close(self) -> None:
        self._stack.close()

    def _open(self, **settings: Any) -> Storage:
        return self._stack.enter_context(Storage(Settings(StorageSettings(**settings))))

    def _local(self, name: str) -> Place:
        base = self._tmp_path / name

        def read() -> dict[str, bytes]:
            root = base / name
            files = (path for path in root.rglob("*") if path.is_file())
            named = ((path.relative_to(root).as_posix(), path) for path in files)
            return {_unescaped(key): p.read_bytes() for key, p in named if key[0] != "."}

        def write(key: str, data: bytes) -> None:
            (base / name / key).write_bytes(data)

        names = {"container_data": name, "container_revisions": f"{name}-r"}
        return Place(self._open(type="local", base_path=base, **names), read, write)

    def _azure_blob(self, name: str) -> Place:
        server = self._request.getfixturevalue("azurite")

        def write(key: str, data: bytes) -> None:
            with bare(server, name) as client:
                client.upload_blob(key, data, overwrite=True)

        storage = self._open(**azure_settings(server, name))
        return Place(storage, lambda: read_blobs(server, name), write)

    def _s3(self, name: str) -> Place:
        server = self._request.getfixturevalue("seaweedfs")
        client = server.client()

        def read() -> dict[str, bytes]:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=name)
            keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
            return {k: client.get_object(Bucket=name, Key=k)["Body"].read() for k in keys}

        def write(key: str, data: bytes) -> None:
            client.put_object(Bucket=name, Key=key, Body=data)

        names = {"container_data": name, "container_revisions": f"{name}-r"}
        return Place(self._open(type="s3", s3=server.section, **names), read, write)

    def _gcs(self, name: str) -> Place:
        server = self._request.getfixturevalue("fake_gcs")
        bucket = BucketOracle(server.endpoint, name)

        def read() -> dict[str, bytes]:
            return {key: bucket.read(key) or b"" for key in sorted(bucket.keys())}

        names = {"container_data": name, "container_revisions": f"{name}-r"}
        return Place(self._open(type="gcs", gcs=server.section, **names), read, bucket.write)


def _unescaped(name: str) -> str:
    """As docs/storage-format.md has it."""
    return re.sub(
        "(?:~[0-9a-f]{2})+", lambda m: bytes.fromhex(m[0].replace("~", "")).decode(), name
    )


@pytest.fixture
def places(container_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Places]:
    places = Places(container_name, tmp_path, request)
    yield places
    places.close()


def fill(storage: Storage) -> None:
    for key, data in FILES.items():
        storage.data.save_bytes(key, data)
    storage.data.save_bytes("typed", b"z", content_type=JSON, properties=OWNED)
    for number in range(40):  # more than a head holds
        storage.memory.append_messages("thread-1", [{"role": "user", "content": str(number)}])


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_there_and_never_over_what_somebody_wrote(
    source: str, target: str, places: Places, tmp_path: Path
) -> None:
    old, new = places.make(source, "s"), places.make(target, "t")
    fill(old.storage)
    migration = Migration(data_of(old.storage), data_of(new.storage), tmp_path / "journal")
    everything = old.hashes()
    assert {key: everything[key] for key in FILES} == {k: sha256(v) for k, v in FILES.items()}

    assert counts(migration()) == {"copied": len(everything)}
    assert new.hashes() == everything
    assert verify(migration.ends).passed
    assert counts(migration()) == {"unchanged": len(everything)}
    assert new.storage.memory.history("thread-1") == old.storage.memory.history("thread-1")
    if "local" not in {source, target}:
        info = new.storage.data.backend.head("typed")
        assert (info.content_type, info.properties) == (JSON, OWNED)

    # Somebody else writes at the target: other bytes, and equal ones.
    new.write("same-1", b"theirs")
    new.write("same-2", b"equal bytes")
    old.storage.data.save_bytes("same-1", b"ours is newer")
    report = migration()
    assert [outcome.item.key for outcome in report.conflicts] == ["same-1"]
    assert not report.failures
    assert new.read()["same-1"] == b"theirs"
    assert new.read()["same-2"] == b"equal bytes"

    # Of what was copied and only the source has changed since, the new state goes there.
    old.storage.data.save_bytes("empty", b"no more")
    assert counts(migration()).get("updated") == 1
    assert new.read()["empty"] == b"no more"
    old.storage.memory.append_messages("thread-1", [{"role": "user", "content": "after"}])
    new.storage.memory.append_messages("thread-1", [{"role": "user", "content": "there"}])
    assert {outcome.item.key for outcome in migration().conflicts} == {
        "same-1",
        "conversations/thread-1/memory.json",
    }
    assert new.storage.memory.load_memory("thread-1")["messages"][-1]["content"] == "there"


@pytest.mark.parametrize("target", ["s3", "gcs"])
def test_a_long_key_is_refused_before_anything_is_copied(
    target: str, places: Places, tmp_path: Path
) -> None:
    new = places.make(target, "t")
    with memory_storage() as old:
        for key in ("short", LONG):
            old.data.save_bytes(key, b"1")
        old.data.save_bytes("meta", b"1", properties=Properties(metadata={"a": "x" * 9000}))
        migration = Migration(data_of(old), data_of(new.storage), tmp_path / "journal")
        plan = make_plan(migration.ends, {}, workers=1, limits=Limits())
        assert {key: error.code for key, error in plan.refused.items()} == {
            LONG: "invalid_key",
            "meta": "invalid_data",
        }
        report = migration()
        assert counts(report) == {"copied": 1, "failed": 2}
        assert {f.error.code for f in report.failures if f.error} == {"invalid_key", "invalid_data"}
        assert new.read() == {"short": b"1"}
