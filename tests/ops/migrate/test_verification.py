"""The proof: every object by its hash, both directions, and a report that says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingenious_ops.migrate import report as reports
from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.hashing import SMALL
from ingenious_ops.migrate.errors import ReportError
from ingenious_ops.migrate.journal import Identity
from ingenious_ops.migrate.pool import Stop
from ingenious_ops.migrate.verification import Kind, Verification, verify
from ingenious_storage import Storage
from ingenious_storage.errors import NotFoundError, UnsupportedFormatError
from tests.ops.migrate.harness import Migration, data_of, many, memory_storage, sha256, write_tree


@pytest.fixture
def storage() -> Iterator[Storage]:
    with memory_storage() as storage:
        yield storage


@pytest.fixture
def migration(tmp_path: Path, storage: Storage) -> Migration:
    files = {**many(20), "big": bytes(SMALL * 2 + 1)}
    migration = Migration(
        FolderEnd(write_tree(tmp_path / "source", files)), data_of(storage), tmp_path / "j"
    )
    migration()
    return migration


def differences(found: Verification) -> list[tuple[str, str]]:
    return [(each.kind.value, each.key) for each in found.differences]


def test_a_copy_is_proven(migration: Migration, tmp_path: Path) -> None:
    found = verify(migration.ends)
    assert found.passed
    assert found.equal == 21
    files = {**many(20), "big": bytes(SMALL * 2 + 1)}
    assert (found.source.objects, found.source.bytes) == (21, sum(map(len, files.values())))
    lines = "".join(f"{sha256(data)}  {key}\n" for key, data in sorted(files.items()))
    manifest = hashlib.sha256(lines.encode()).hexdigest()
    assert found.source.manifest == found.target.manifest == manifest


def test_every_difference_is_found(migration: Migration, storage: Storage, tmp_path: Path) -> None:
    data = storage.data
    data.delete("0/file 0000.txt")
    data.save_bytes("1/file 0001.txt", b"z" * 300)  # as long
    data.save_bytes("2/file 0002.txt", b"shorter")
    data.save_bytes("big", bytes(SMALL * 2) + b"\1")  # the last byte
    data.save_bytes("extra", b"")
    found = verify(migration.ends, allow_extra=True)
    assert differences(found) == [
        ("missing", "0/file 0000.txt"),
        ("different", "1/file 0001.txt"),
        ("different", "2/file 0002.txt"),
        ("different", "big"),
        ("extra", "extra"),
    ]
    assert not found.passed
    assert found.equal == 17
    assert found.source.manifest != found.target.manifest


def test_extra_objects_are_a_failure_unless_allowed(migration: Migration, storage: Storage) -> None:
    storage.data.save_bytes("extra", b"")
    assert not verify(migration.ends).passed
    assert verify(migration.ends, allow_extra=True).passed


def test_what_cannot_be_copied_is_a_failure(migration: Migration, tmp_path: Path) -> None:
    (tmp_path / "source" / "link").symlink_to("big")
    assert verify(migration.ends).passed
    deep = tmp_path.joinpath("source", *["d" * 200] * 6)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"")
    assert not verify(migration.ends).passed


def test_what_cannot_be_read_is_a_failure(migration: Migration, tmp_path: Path) -> None:
    class Changing(FolderEnd):
        def read(self, item: Item) -> bytes:
            path = tmp_path / "source" / item.key
            path.write_bytes(b"%020d" % path.stat().st_mtime_ns)
            return super().read(item)

    (tmp_path / "source" / "big").unlink()
    migration.source = Changing(tmp_path / "source")
    found = verify(migration.ends, allow_extra=True)
    assert {each.kind for each in found.differences} == {Kind.UNREADABLE, Kind.EXTRA}
    assert "changed_while_copied" in found.differences[0].detail


def test_a_verification_that_was_stopped_proves_nothing(migration: Migration) -> None:
    stop = Stop()
    stop.ask()
    found = verify(migration.ends, stop=stop)
    assert found.interrupted
    assert not found.passed


def record(migration: Migration, **options: Any) -> dict[str, Any]:
    identity = Identity.of(migration.ends)
    return reports.record(verify(migration.ends), identity, signed_by=None, **options)


def test_a_report_is_whole_or_refused(migration: Migration, tmp_path: Path) -> None:
    identity = Identity.of(migration.ends)
    content = reports.record(verify(migration.ends), identity, signed_by="A. Person")
    as_json, as_markdown = reports.save(content, tmp_path / "proof", identity)
    assert as_json == tmp_path / "proof" / f"migrate-{identity.id}.verification.json"
    assert reports.load(as_json) == json.loads(as_json.read_text()) == content
    assert content["format"] == "ingenious.verification/1"
    rest = {key: value for key, value in content.items() if key != "sha256"}
    assert content["sha256"] == sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))
    text = as_markdown.read_text()
    for expected in ("passed", "A. Person", content["sha256"], content["source"]["manifest"]):
        assert expected in text
    changed = as_json.read_text().replace("A. Person", "B. Person")
    as_json.write_text(changed)
    with pytest.raises(ReportError, match="changed after"):
        reports.load(as_json)


def test_a_report_of_a_failure_says_so(
    migration: Migration, storage: Storage, tmp_path: Path
) -> None:
    storage.data.save_bytes("a|`b`", b"extra")
    storage.data.delete("big")
    (tmp_path / "source" / "link").symlink_to("big")
    content = record(migration)
    assert content["passed"] is False
    assert content["counts"] == {"missing": 1, "different": 0, "extra": 1, "unreadable": 0}
    text = reports.markdown(content)
    assert text.startswith("# Verification of a migration: FAILED")
    assert "- missing: `big`" in text
    assert "- extra: `` a\\|`b` ``" in text
    assert "- `link`: symbolic link, not followed" in text


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, NotFoundError),
        ("{", ReportError),
        ("{}", UnsupportedFormatError),
        ('{"format": "ingenious.verification/1"}', ReportError),
    ],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, content: str | None, error: type[Exception]
) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(error):
        reports.load(path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("proof.json", ("proof.json", "proof.md")),
        ("proof.md", ("proof.json", "proof.md")),
        ("folder", ("folder/migrate-ID.verification.json", "folder/migrate-ID.verification.md")),
    ],
)
def test_where_reports_go(given: str, expected: tuple[str, str]) -> None:
    identity = Identity("a", "b", "raw")
    paths = reports.paths_of(Path(given), identity)
    assert [str(path).replace(identity.id, "ID") for path in paths] == list(expected)
