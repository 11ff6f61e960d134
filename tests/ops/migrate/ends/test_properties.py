"""Properties that travel with the bytes, and what is said where they cannot."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.hashing import SMALL
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import make_plan
from ingenious_ops.migrate.verification import verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import NO_PROPERTIES, Page, Properties, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from tests.ops.migrate.harness import Migration, bare, counts, data_of, memory_storage
from tests.ops.migrate.test_azurite import azure
from tests.support.servers.azurite import Azurite

ALL = Properties("gzip", "de", 'attachment; filename="a.json"', "max-age=60", {"Owner": "Ann"})
ALONE = {
    "encoding": Properties(content_encoding="br"),
    "language": Properties(content_language="ja"),
    "disposition": Properties(content_disposition="inline"),
    "cache": Properties(cache_control="no-store"),
    "metadata": Properties(metadata={"a": "1", "B": "2"}),
    "none": Properties(),
}
ZIPPED = gzip.compress(b"{}" * 500)


@pytest.fixture
def storage(azurite: Azurite, container_name: str) -> Iterator[Storage]:
    with azure(azurite, container_name) as storage:
        storage.data.save_bytes("all", ZIPPED, content_type="text/x-mine", properties=ALL)
        for key, properties in ALONE.items():
            storage.data.save_bytes(key, key.encode(), properties=properties)
        yield storage


def between(storage: Storage, tmp_path: Path) -> Migration:
    return Migration(data_of(storage), ContainerEnd(storage, "revisions"), tmp_path / "j")


def test_what_a_listing_leaves_out_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on S3, whose listings have neither content types nor metadata."""
    monkeypatch.setattr(InMemoryBackend, "lists_properties", False)
    with memory_storage() as storage:
        for key, properties in ALONE.items():
            storage.data.save_bytes(key, b"1", content_type="text/x-mine", properties=properties)
        told = InMemoryBackend.list

        def bare_list(self: InMemoryBackend, *args: Any, **options: Any) -> Page:
            page = told(self, *args, **options)
            blobs = (replace(b, content_type=None, properties=NO_PROPERTIES) for b in page.blobs)
            return replace(page, blobs=tuple(blobs))

        monkeypatch.setattr(InMemoryBackend, "list", bare_list)
        migration = between(storage, tmp_path)
        assert counts(migration()) == {"copied": len(ALONE)}
        copies = {key: storage.revisions.backend.head(key) for key in ALONE}
        assert {key: info.properties for key, info in copies.items()} == ALONE
        assert {info.content_type for info in copies.values()} == {"text/x-mine"}
        assert verify(migration.ends).passed
        assert counts(migration()) == {"unchanged": len(ALONE)}


def test_everything_travels(storage: Storage, tmp_path: Path) -> None:
    large = b"x" * (SMALL + 1)  # which is written in blocks
    storage.data.backend.put("large", large, PutOptions(content_type="a/b", properties=ALL))
    migration = between(storage, tmp_path)
    assert counts(migration()) == {"copied": 8}
    found = {info.key: info for info in storage.revisions.backend.iterate(metadata=True)}
    assert {key: found[key].properties for key in ALONE} == ALONE
    assert (found["all"].content_type, found["all"].properties) == ("text/x-mine", ALL)
    assert (found["large"].content_type, found["large"].properties) == ("a/b", ALL)
    assert storage.revisions.load_bytes("all") == ZIPPED
    assert verify(migration.ends).passed
    assert counts(migration()) == {"unchanged": 8}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"content_encoding": None}, "content_encoding"),
        ({"content_language": "en"}, "content_language"),
        ({"content_disposition": None}, "content_disposition"),
        ({"cache_control": "no-cache"}, "cache_control"),
        ({"metadata": {}}, "metadata:owner"),
        ({"metadata": {"owner": "Ann", "more": "1"}}, "metadata:more"),
    ],
)
def test_equal_bytes_with_other_properties_are_no_copy(
    storage: Storage, tmp_path: Path, change: dict[str, object], name: str
) -> None:
    other = replace(ALL, **change)  # type: ignore[arg-type]
    storage.revisions.save_bytes("all", ZIPPED, content_type="text/x-mine", properties=other)
    migration = between(storage, tmp_path)
    report = migration()
    assert counts(report) == {"copied": 6, "conflict": 1}
    assert report.conflicts[0].error is not None
    assert name in report.conflicts[0].error.message
    (difference,) = verify(migration.ends).differences
    assert (difference.key, difference.detail) == ("all", f"equal bytes, other {name}")
    assert counts(migration(overwrite=True)) == {"unchanged": 6, "overwritten": 1}
    assert verify(migration.ends).passed


def test_a_copy_of_an_earlier_release_is_mended(
    azurite: Azurite, storage: Storage, tmp_path: Path
) -> None:
    """It is in the journal, its bytes are equal, and its properties were left behind."""
    migration = between(storage, tmp_path)
    migration()
    plain = storage.revisions.save_bytes("all", ZIPPED)
    lines = migration.journal.read_text().splitlines()
    rewritten = [json.loads(line) for line in lines]
    for line in rewritten:
        if line.get("key") == "all":
            line["target"] = plain.etag
    migration.journal.write_text("".join(json.dumps(line) + "\n" for line in rewritten))
    assert counts(migration()) == {"unchanged": 6, "updated": 1}
    assert verify(migration.ends).passed


def test_a_folder_as_target_says_what_is_lost(storage: Storage, tmp_path: Path) -> None:
    lost = {
        "cache_control": 2,
        "content_disposition": 2,
        "content_encoding": 2,
        "content_language": 2,
        "metadata": 2,
    }
    migration = Migration(data_of(storage), FolderEnd(tmp_path / "out"), tmp_path / "j")
    plan = make_plan(migration.ends, {}, workers=1, limits=Limits())
    assert plan.lost == lost
    assert plan.record()["properties_lost"] == lost
    assert migration(dry_run=True).lost == lost
    assert not (tmp_path / "out").exists()
    assert migration().lost == lost
    assert verify(migration.ends).passed
    local = memory_storage(type="local", base_path=tmp_path / "local")
    with local as target:
        ends = Migration(data_of(storage), data_of(target), tmp_path / "j2").ends
        assert make_plan(ends, {}, workers=1, limits=Limits()).lost == lost
    there = between(storage, tmp_path / "other").ends
    assert make_plan(there, {}, workers=1, limits=Limits()).lost == {}


def test_archived_blobs_are_told_by_the_plan(
    azurite: Azurite, container_name: str, storage: Storage, tmp_path: Path
) -> None:
    with bare(azurite, container_name) as client:
        client.get_blob_client("cache").set_standard_blob_tier("Archive")
    migration = Migration(data_of(storage), FolderEnd(tmp_path / "out"), tmp_path / "j")
    plan = make_plan(migration.ends, {}, workers=1, limits=Limits())
    assert list(plan.refused) == ["cache"]
    (told,) = plan.record()["refused"]
    assert "hours" in told["hint"]
    for dry_run in (True, False):
        report = migration(dry_run=dry_run)
        assert counts(report) == {"copied": 6, "failed": 1}
        assert report.failures[0].item.key == "cache"
