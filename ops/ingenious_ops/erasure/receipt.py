"""Receipts of erasures, as JSON for programs and as Markdown for people."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from ingenious_ops.erasure.forgetting import OTHERS, in_words
from ingenious_ops.times import timestamp
from ingenious_storage import Storage
from ingenious_storage.documents import Retention
from ingenious_storage.errors import (
    AlreadyExistsError,
    InvalidDataError,
    NotFoundError,
    UnsupportedFormatError,
)
from ingenious_storage.whole_files import write_file

FORMAT: Final = "ingenious.erasure/1"
_TICKS: Final = re.compile("`+")
STATUSES: Final = ("erased", "gone", "kept", "failed")
PLAIN: Final = (
    "Nothing was encrypted by this library: copies of these blobs that were made before (versions, "
    "soft delete, backups) stay readable for as long as they are kept."
)
MIXED: Final = (
    "Some of these had no key of their own, or storage.encryption.accept_plain was on: copies of "
    "those, and of blobs from before encryption, stay readable for as long as they are kept."
)
KEYLESS: Final = (
    "No key of these is known to be destroyed: take copies that were made before (versions, soft "
    "delete, backups) as readable for as long as they are kept."
)
SEALED: Final = (
    "Copies of these blobs cannot be read any more without the destroyed keys. A copy that holds "
    "the records of these keys too (below keys/documents/) can be read until they are gone from it."
)


def place_of(storage: Storage) -> str:
    """The container of memories, as receipts name it."""
    settings = storage.settings.storage
    where = storage.data.backend.place or str(storage.data.backend.folder or settings.type)
    return f"{settings.type}: {where}"


def paths_of(given: Path) -> tuple[Path, Path, Path]:
    """Of JSON, Markdown and journal: beside each other, under one name."""
    stem = given.with_suffix("") if given.suffix in {".json", ".md"} else given
    return tuple(stem.with_name(f"{stem.name}{end}") for end in (".json", ".md", ".partial"))  # type: ignore[return-value]


def check_free(given: Path) -> None:
    """Raises: AlreadyExistsError for a receipt that is there; NotFoundError without its folder;
    InvalidDataError for a path without a name.
    """
    if given.name in {"", ".."}:
        raise InvalidDataError(f"{given} has no name for a receipt", hint="Name a file in it.")
    if not given.absolute().parent.is_dir():
        raise NotFoundError(
            f"there is no folder {given.absolute().parent}", hint="Make it, or name another."
        )
    for path in paths_of(given)[:2]:
        if path.exists():
            raise AlreadyExistsError(
                f"there is a receipt {path} already", hint="Name another: none is overwritten."
            )


def made(
    storage: Storage,
    entries: Sequence[dict[str, Any]],
    *,
    selection: str,
    started_at: datetime,
    ended_at: datetime,
    catalogue: dict[str, Any],
) -> dict[str, Any]:
    """The receipt; its `sha256` is of all else in it, as JSON with sorted keys.

    Both times are the store's; `catalogue` is what `forgetting.forget` has done.
    """
    settings, keeps = storage.settings.storage, storage.memory.documents.retention
    content = {
        "format": FORMAT,
        "id": secrets.token_hex(8),
        "tool": f"ingenious-storage {version('ingenious-storage')}",
        "place": place_of(storage),
        "container": settings.container_data,
        "selection": selection,
        "started_at": timestamp(started_at),
        "ended_at": timestamp(ended_at),
        "encrypted": settings.encryption.is_on,
        "copies": _copies(entries, is_on=settings.encryption.is_on, storage=storage),
        "retention_days": settings.retention_days,
        "key_retention_days": None if keeps.keys is None else keeps.keys.days,
        "recoverable_until": recoverable_until(entries, ended_at, keeps),
        "counts": {status: _count(entries, status) for status in STATUSES},
        "revisions": sum(entry["revisions"] or 0 for entry in entries),
        "blobs": sum(entry["blobs"] for entry in entries),
        "bytes": sum(entry["bytes"] for entry in entries),
        "keys": sum(len(entry["keys"] or ()) for entry in entries),
        "catalogue": catalogue,
        "documents": list(entries),
    }
    return {**content, "sha256": digest(content)}


def _copies(entries: Iterable[dict[str, Any]], *, is_on: bool, storage: Storage) -> str:
    if not is_on:
        return PLAIN
    keyed = {bool(entry["keys"]) for entry in entries if entry["status"] == "erased"}
    if keyed == {False}:
        return KEYLESS
    accepts = storage.settings.storage.encryption.accept_plain
    return f"{SEALED} {MIXED}" if False in keyed or accepts else SEALED


def recoverable_until(
    entries: Iterable[dict[str, Any]], ended_at: datetime, keeps: Retention
) -> str | None:
    """Of what can be brought back for the longest; the last record of a key went before the end."""
    times = {
        keeps.after(keyed=bool(entry["keys"])) for entry in entries if entry["status"] == "erased"
    }
    known = [each for each in times if each is not None]
    return timestamp(ended_at + max(known)) if known and len(known) == len(times) else None


def _of_catalogue(done: dict[str, Any] | None) -> list[str]:
    """Nothing for a receipt from before there was one."""
    return [] if done is None else [f"- Catalogue: {in_words(done)}. {OTHERS}"]


def _count(entries: Iterable[dict[str, Any]], status: str) -> int:
    return sum(entry["status"] == status for entry in entries)


def save(content: dict[str, Any], given: Path) -> tuple[Path, Path]:
    """Write JSON and Markdown. Raises: OSError."""
    as_json, as_markdown, _ = paths_of(given)
    write_file(as_markdown, markdown(content))
    write_file(as_json, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    return as_json, as_markdown


def load(path: Path) -> dict[str, Any]:
    """A receipt, whole and as it was written.

    Raises: NotFoundError, UnsupportedFormatError; InvalidDataError when it was changed; OSError.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(
            f"there is no receipt {path}", hint="`memory erase --receipt` writes one."
        ) from None
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidDataError(
            f"{path} is not JSON: {error}", hint="Give the .json file of the receipt."
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UnsupportedFormatError(f"{path} is no receipt of the format {FORMAT}")
    if content.get("sha256") != digest({k: v for k, v in content.items() if k != "sha256"}):
        raise InvalidDataError(
            f"{path} was changed after it was written", hint="Take the one that was written."
        )
    if not _is_whole(content):
        raise InvalidDataError(
            f"{path} was not written by this program", hint="Take the one that was written."
        )
    return content


def _is_whole(content: dict[str, Any]) -> bool:
    """Whether it has all that its check asks for."""
    documents = content.get("documents")
    texts = all(isinstance(content.get(name), str) for name in ("id", "place"))
    listed = isinstance(documents, list) and all(map(_is_entry, documents))
    return texts and listed and isinstance(content.get("encrypted"), bool)


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not {"origin", "detail", "keys"} <= entry.keys():
        return False
    keys = entry["keys"]
    return (
        isinstance(entry.get("key"), str)
        and entry.get("status") in STATUSES
        and (keys is None or (isinstance(keys, list) and all(isinstance(k, str) for k in keys)))
    )


def digest(content: dict[str, Any]) -> str:
    """SHA-256 in hex, of JSON with sorted keys."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def markdown(content: dict[str, Any]) -> str:
    """The same for people."""
    counts, until = content["counts"], content["recoverable_until"]
    days, key_days = content["retention_days"], content.get("key_retention_days")
    kept = "storage.retention_days is not set" if days is None else f"{days} days"
    kept += "" if key_days is None else f"; records of keys {key_days} days"
    lines = [
        f"# Erasure: {counts['erased']} erased, {counts['failed']} failed",
        "",
        f"- Receipt {content['id']}, by {content['tool']}",
        f"- Container: {_code(content['place'])}",
        f"- Chosen by: {content['selection']}",
        f"- From {content['started_at']} to {content['ended_at']}, by the clock of the store",
        f"- Erased: {counts['erased']}; not there: {counts['gone']}",
        f"- Kept, as somebody changed it meanwhile: {counts['kept']}; failed: {counts['failed']}",
        f"- Revisions: {content['revisions']}; blobs: {content['blobs']}",
        f"- Bytes: {content['bytes']}; keys destroyed: {content['keys']}",
        f"- The account may bring it back until: {until or 'not known'} ({kept})",
        *_of_catalogue(content.get("catalogue")),
        f"- SHA-256 of this receipt: `{content['sha256']}`",
        "",
        content["copies"],
        "",
        "| id | key | what | revisions | blobs | bytes | when | keys destroyed |",
        "|---|---|---|---|---|---|---|---|",
        *rows(content["documents"]),
        "",
        "`ingenious-storage receipt verify` checks the JSON file beside this page.",
        "",
    ]
    return "\n".join(lines)


def rows(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Of the table: one for each document."""
    return list(map(_row, entries))


def _row(entry: dict[str, Any]) -> str:
    keys = " ".join(f"`{key}`" for key in entry["keys"] or ())
    detail = entry["detail"]
    what = entry["status"] if detail is None else f"{entry['status']}: {_code(detail)}"
    name = "" if entry["id"] is None else _code(entry["id"])
    revisions = "" if entry["revisions"] is None else entry["revisions"]
    cells = (name, _code(entry["key"]), what, revisions, entry["blobs"], entry["bytes"])
    shown = " | ".join(map(str, cells))
    return f"| {shown} | {entry['purged_at'] or ''} | {keys} |"


def _code(text: str) -> str:
    """Text that no Markdown acts on, in a table too."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    shown = shown.replace("|", "\\|")
    longest = max(map(len, _TICKS.findall(shown)), default=0)
    if not longest:
        return f"`{shown}`"
    fence = "`" * (longest + 1)  # only so many end it
    return f"{fence} {shown} {fence}"
