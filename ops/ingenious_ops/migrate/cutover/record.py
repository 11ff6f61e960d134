"""Record of a cutover, so that it can be undone: a JSON file, and profiles.yml as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import orjson

from ingenious_ops.migrate.ends.base import OWN
from ingenious_ops.migrate.errors import CutoverRecordError, translated
from ingenious_storage import FileStorage
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.errors import UnsupportedFormatError
from ingenious_storage.keys import encode_id
from ingenious_storage.whole_files import write_file

FORMAT: Final = "ingenious.cutover/1"


@dataclass(frozen=True, slots=True)
class Watermark:
    """The newest that a container held, by the store's own clock: what is newer came later."""

    at: str | None = None
    """RFC 3339; None for an empty container."""
    seen: Mapping[str, str] | None = None
    """Key to ETag of what was written in that very second."""

    @classmethod
    def of(cls, files: FileStorage) -> Self:
        """The watermark of a container now; it lists all blobs. Raises: what the store answers."""
        newest: list[BlobInfo] = []
        for info in files.list_blobs() if files.container_exists() else ():
            if newest and _second(info) < _second(newest[0]):
                continue
            if newest and _second(info) > _second(newest[0]):
                newest.clear()
            newest.append(info)
        if not newest:
            return cls()
        return cls(_second(newest[0]).isoformat(), {info.key: info.etag for info in newest})

    def is_newer(self, info: BlobInfo) -> bool:
        """Whether a blob was written after the watermark was taken."""
        if self.at is None:
            return True
        return _second(info) >= datetime.fromisoformat(self.at) and (
            (self.seen or {}).get(info.key) != info.etag
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One cutover of one profile; times are RFC 3339, UTC."""

    profile: str
    to: str
    kept: str
    """The profile that holds the storage of before."""
    at: str
    file: str
    """The profiles.yml, resolved."""
    before: str
    after: str
    """SHA-256 of its text."""
    reports: tuple[str, ...]
    """SHA-256 of the verification reports; none when it went without."""
    watermarks: Mapping[str, Watermark]
    """By the role of the container."""
    rolled_back_at: str | None = None

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """None for no file. Raises: CutoverRecordError, UnsupportedFormatError."""
        with translated(None):
            try:
                fields = orjson.loads(path.read_bytes())
            except FileNotFoundError:
                return None
            except orjson.JSONDecodeError as error:
                raise CutoverRecordError(f"{path} is not JSON: {error}") from None
        found = fields.pop("format", None) if isinstance(fields, dict) else None
        if found != FORMAT:
            raise UnsupportedFormatError(f"{path} has the format {found!a}")
        try:
            marks = {role: Watermark(**mark) for role, mark in fields.pop("watermarks").items()}
            reports = tuple(fields.pop("reports"))
            return cls(**fields, reports=reports, watermarks=marks)
        except (TypeError, KeyError, AttributeError) as error:
            raise CutoverRecordError(f"{path} is no record of a cutover: {error}") from None

    def save(self, path: Path) -> None:
        """Atomically. Raises: PermissionDeniedError, DiskFullError and their like."""
        content = {"format": FORMAT, **asdict(self)}
        text = orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n"
        with translated(None):
            write_file(path, text)

    def rolled_back(self, at: str) -> Record:
        """The same record, rolled back `at` that time."""
        return replace(self, rolled_back_at=at)


@dataclass(frozen=True, slots=True)
class Places:
    """The files of the cutover of one profile, beside its profiles.yml."""

    record: Path
    backup: Path

    @classmethod
    def of(cls, profiles: Path, profile: str) -> Self:
        """The files for `profile`, in the folder of our own beside `profiles`."""
        folder = profiles.resolve().parent
        folder = folder if folder.name == OWN else folder / OWN
        name = f"cutover-{encode_id(profile)}"
        return cls(folder / f"{name}.json", folder / f"{name}.profiles.yml")


def digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _second(info: BlobInfo) -> datetime:
    return info.last_modified.replace(microsecond=0)


def shown(record: Record | None) -> dict[str, Any] | None:
    """What `--json` tells of a record."""
    if record is None:
        return None
    return {"at": record.at, "to": record.to, "kept": record.kept, "reports": record.reports}
