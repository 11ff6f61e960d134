"""The proof of a migration, as JSON for programs and as Markdown for people."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from ingenious_ops.migrate.errors import ReportError, translated
from ingenious_ops.migrate.journal import Identity
from ingenious_ops.migrate.verification import Kind, Side, Verification
from ingenious_storage.errors import NotFoundError, UnsupportedFormatError
from ingenious_storage.whole_files import write_file

FORMAT: Final = "ingenious.verification/1"


def default_path(identity: Identity) -> Path:
    """Beside the default journal."""
    return identity.default_path.with_suffix(".verification.json")


def paths_of(given: Path, identity: Identity) -> tuple[Path, Path]:
    """Where JSON and Markdown go: into a folder, or beside each other under one name."""
    if given.suffix not in {".json", ".md"}:
        given = given / default_path(identity).name
    return given.with_suffix(".json"), given.with_suffix(".md")


def record(found: Verification, identity: Identity, *, signed_by: str | None) -> dict[str, Any]:
    """The report; its `sha256` is of all else in it, as JSON with sorted keys."""
    content = {
        "format": FORMAT,
        "id": identity.id,
        "tool": f"ingenious-storage {version('ingenious-storage')}",
        "layout": found.layout,
        "started_at": _time(found.started_at),
        "ended_at": _time(found.ended_at),
        "passed": found.passed,
        "complete": not found.interrupted,
        "extra_allowed": found.extra_allowed,
        "source": asdict(found.source),
        "target": asdict(found.target),
        "equal": found.equal,
        "counts": {
            kind.value: sum(difference.kind is kind for difference in found.differences)
            for kind in Kind
        },
        "differences": [asdict(difference) for difference in found.differences],
        "skipped": [
            {"name": entry.name, "reason": entry.reason, "fault": entry.is_fault}
            for entry in found.skipped
        ],
        "signed_by": signed_by,
    }
    return {**content, "sha256": _digest(content)}


def save(content: dict[str, Any], given: Path, identity: Identity) -> tuple[Path, Path]:
    """Write both files, over older ones. Raises: PermissionDeniedError and its like."""
    as_json, as_markdown = paths_of(given, identity)
    with translated(None):
        write_file(as_json, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
        write_file(as_markdown, markdown(content))
    return as_json, as_markdown


def load(path: Path) -> dict[str, Any]:
    """A report, whole and as it was written.

    Raises: NotFoundError, UnsupportedFormatError, ReportError.
    """
    with translated(None):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            hint = "Make one: `migrate verify`."
            raise NotFoundError(f"there is no report {path}", hint=hint) from None
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ReportError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UnsupportedFormatError(f"{path} is no report of the format {FORMAT}")
    content = dict(content)
    if content.get("sha256") != _digest({k: v for k, v in content.items() if k != "sha256"}):
        raise ReportError(f"{path} was changed after it was written")
    return content


def markdown(content: dict[str, Any]) -> str:
    """The same for people."""
    verdict = "passed" if content["passed"] else "FAILED"
    lines = [
        f"# Verification of a migration: {verdict}",
        "",
        "| | objects | bytes | SHA-256 of the manifest | where |",
        "|---|---|---|---|---|",
        *(_side(name, content[name]) for name in ("source", "target")),
        "",
        f"- Layout: {content['layout']}",
        f"- From {content['started_at']} to {content['ended_at']}, by {content['tool']}"
        + ("" if content["complete"] else "; stopped before its end"),
        f"- Equal by SHA-256: {content['equal']}",
        *(f"- {kind.capitalize()}: {number}" for kind, number in content["counts"].items()),
        f"- Extra objects are {'allowed' if content['extra_allowed'] else 'a failure'}",
        f"- Signed by: {content['signed_by'] or 'nobody'}",
        f"- SHA-256 of this report: `{content['sha256']}`",
        "",
        "A manifest is the sorted lines `sha256  key` of all objects.",
        "",
    ]
    lines += _listed(
        "Differences",
        [
            f"- {each['kind']}: {_code(each['key'])} {each['detail']}".rstrip()
            for each in content["differences"]
        ],
    )
    lines += _listed(
        "Not copied", [f"- {_code(each['name'])}: {each['reason']}" for each in content["skipped"]]
    )
    return "\n".join(lines)


def _side(name: str, side: dict[str, Any]) -> str:
    place = _code(Side(**side).place)
    return f"| {name} | {side['objects']} | {side['bytes']} | `{side['manifest']}` | {place} |"


def _listed(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""] if lines else []


def _code(text: str) -> str:
    """Text that no Markdown acts on, in a table too."""
    fence = "``" if "`" in text else "`"
    shown = text.replace("|", "\\|").replace("\n", "\\n")
    return f"{fence} {shown} {fence}" if "`" in text else f"{fence}{shown}{fence}"


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
