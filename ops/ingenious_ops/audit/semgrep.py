"""Semgrep as a program: offline, without metrics or login, and without what a repository's git
configuration would have git execute.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingenious_ops.audit.errors import AuditError, how_to_install
from ingenious_ops.extras import ExtraMissingError

RULES: Final = Path(__file__).with_name("rules")

_GIT: Final = {"core.fsmonitor": "false", "core.hooksPath": os.devnull}
"""Both name programs that git runs; a repository may bring them along."""


@dataclass(frozen=True)
class Scan:
    """What Semgrep said: its JSON report, and its SARIF report if that was asked for."""

    report: Mapping[str, Any]
    sarif: dict[str, Any] | None


def find_semgrep() -> Path:
    """Beside this Python, else on the PATH. Raises: ExtraMissingError."""
    beside = shutil.which("semgrep", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("semgrep")
    if found is None:
        raise ExtraMissingError("this needs Semgrep, which is not installed", hint=how_to_install())
    return Path(found)


def command(
    semgrep: Path,
    paths: Sequence[Path],
    *,
    rules: Sequence[Path] = (),
    exclude: Sequence[str] = (),
    baseline_commit: str | None = None,
    sarif: Path | None = None,
) -> list[str]:
    """The command line; --verbose adds the files that were skipped to the JSON report."""
    line = [str(semgrep), "scan", "--metrics=off", "--disable-version-check", "--oss-only"]
    line += ["--no-rewrite-rule-ids", "--json", "--verbose", "--scan-unknown-extensions"]
    line += [f"--config={path}" for path in (RULES, *rules)]
    line += [f"--exclude={pattern}" for pattern in exclude]
    line += [f"--baseline-commit={baseline_commit}"] if baseline_commit else []
    line += [f"--sarif-output={sarif}"] if sarif else []
    return [*line, "--", *map(str, paths)]


def scan(
    paths: Sequence[Path],
    *,
    rules: Sequence[Path] = (),
    exclude: Sequence[str] = (),
    baseline_commit: str | None = None,
    sarif: bool = False,
) -> Scan:
    """Run the rules on files and folders. Raises: ExtraMissingError; AuditError."""
    semgrep = find_semgrep()
    with tempfile.TemporaryDirectory(prefix="ingenious-audit-") as folder:
        file = Path(folder, "report.sarif") if sarif else None
        line = command(
            semgrep,
            paths,
            rules=rules,
            exclude=exclude,
            baseline_commit=baseline_commit,
            sarif=file,
        )
        done = subprocess.run(  # noqa: S603  # the program that was found, without a shell
            line, env=environment(os.environ, Path(folder)), capture_output=True, check=False
        )
        report = _report(done)
        return Scan(report, json.loads(file.read_bytes()) if file else None)


def environment(given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Without the user's settings for Semgrep, whose login and rules are left out; its files go
    into `folder`.
    """
    env = {name: value for name, value in given.items() if not name.startswith("SEMGREP_")}
    env |= {
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "SEMGREP_LOG_FILE": str(folder / "semgrep.log"),
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_SETTINGS_FILE": str(folder / "settings.yml"),
    }
    first = int(given.get("GIT_CONFIG_COUNT") or 0)
    for number, (key, value) in enumerate(_GIT.items(), first):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env | {"GIT_CONFIG_COUNT": str(first + len(_GIT))}


def _report(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise AuditError(f"Semgrep failed: {_last_line(done.stderr)}") from None
    for error in report["errors"]:
        if "path" not in error:  # not about one of the files, so about all of them
            raise AuditError(f"Semgrep failed: {_reason(error)}")
    if done.returncode not in (0, 1):
        raise AuditError(f"Semgrep failed with code {done.returncode}: {_last_line(done.stderr)}")
    return report


def _reason(error: Mapping[str, Any]) -> str:
    """One line: a traceback ends with what was wrong, and git says `fatal:`."""
    spans = [span["file"] for span in error.get("spans", ()) if "file" in span]
    text = str(error.get("message") or error.get("short_msg") or error.get("type"))
    fatal = [line for line in text.splitlines() if line.startswith("fatal: ")]
    reason = fatal[0] if fatal else " ".join(text.split())
    return " ".join((*(f"{file}:" for file in spans[:1]), reason))


def _last_line(text: bytes) -> str:
    lines = [line.strip() for line in text.decode(errors="replace").splitlines()]
    errors = [line for line in lines if "Error" in line]
    return (errors or [line for line in lines if line] or ["it said nothing"])[-1]
