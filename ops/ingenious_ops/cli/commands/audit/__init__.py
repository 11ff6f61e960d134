"""`ingenious-storage audit`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.audit.findings import SEVERITIES
from ingenious_ops.audit.rules import files, load
from ingenious_ops.audit.run import Audit, Request, fingerprints
from ingenious_ops.audit.run import audit as run_audit
from ingenious_ops.cli.commands.audit.report import as_json, as_text, rule_json, rules_text
from ingenious_ops.cli.errors import WARNINGS
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import FORMAT, count, emit
from ingenious_ops.cli.output.progress import progress
from ingenious_ops.cli.session import pass_session
from ingenious_storage.whole_files import write_file

if TYPE_CHECKING:
    from ingenious_ops.cli.output import Output
    from ingenious_ops.cli.session import Session

_EXISTING: Final = click.Path(exists=True, path_type=Path)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=_EXISTING)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "sarif"]),
    help="text by default; json is what --json prints; sarif is for code hosts and editors.",
)
@click.option("--output", type=_FILE, metavar="FILE", help="Write the report there instead.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    default="info",
    show_default=True,
    help="Report from there on.",
)
@click.option(
    "--rules",
    multiple=True,
    type=_EXISTING,
    metavar="PATH",
    help="Your own rules for Semgrep as well, a file or a folder; may be repeated.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave such files out, as in a .gitignore; may be repeated.",
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Leave out what this earlier report, in JSON, holds.",
)
@click.option(
    "--baseline-commit", metavar="REF", help="Leave out what was in this commit of git already."
)
@click.option(
    "--strict",
    is_flag=True,
    help="Findings, and what could not be read, are a failure too (exit code 5).",
)
@click.option("--list-rules", is_flag=True, help="Only list the rules, and explain them.")
@pass_session
def audit(
    session: Session,
    *,
    paths: tuple[Path, ...],
    shape: str | None,
    output: Path | None,
    severity: str,
    rules: tuple[Path, ...],
    exclude: tuple[str, ...],
    baseline: Path | None,
    baseline_commit: str | None,
    strict: bool,
    list_rules: bool,
) -> None:
    """Report what a code base keeps in files and blobs by itself.

    PATH is a folder or a file. Nothing in it is executed, and nothing is asked of the network.
    Each finding has its place, why it matters, and what to call instead; at the end is the order
    of work. A comment `nosemgrep` in a line leaves the line out.
    """
    out = session.out
    shape = shape or ("json" if out.json else "text")
    _refuse(out, paths, shape, output, list_rules=list_rules)
    for place in rules:
        if not files(place):
            raise click.UsageError(f"--rules: there is no .yml or .yaml file in {place}")
    if list_rules:
        listed = load(rules)
        data = {"rules": [rule_json(rule) for rule in listed]}
        out.answer(data, lambda: emit(rules_text(listed)))
        return
    request = Request(
        paths=paths,
        rules=rules,
        exclude=exclude,
        severity=severity,
        baseline=fingerprints(baseline) if baseline else (),
        baseline_commit=baseline_commit,
        sarif=shape == "sarif",
    )
    with progress(out, "auditing"):
        done = run_audit(request, Path.cwd())
    _answer(out, done, shape, output)
    _remark(out, done)
    if strict and (done.findings or done.unparsed or done.unread):
        click.get_current_context().exit(WARNINGS)


def _refuse(
    out: Output,
    paths: tuple[Path, ...],
    shape: str,
    output: Path | None,
    *,
    list_rules: bool,
) -> None:
    """What cannot be meant, before anything runs."""
    if not (paths or list_rules):
        raise click.UsageError("name a PATH to audit, or give --list-rules")
    if list_rules and (paths or output or shape == "sarif"):
        raise click.UsageError("--list-rules goes with --rules and --json only")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"--output: there is no folder {output.parent}")
    if out.json and shape != "json" and output is None:
        raise click.UsageError(f"--json and --format {shape} both go to stdout: add --output")


def _answer(out: Output, done: Audit, shape: str, output: Path | None) -> None:
    data = as_json(done)
    if output is not None:
        write_file(output, _report(out, done, data, shape))
    if out.json:
        out.document("data", data)
    elif output is None:
        emit(_report(out, done, data, shape))


def _report(out: Output, done: Audit, data: dict[str, Any], shape: str) -> str:
    if shape == "text":
        return as_text(done)
    record: Any = {"format": FORMAT, "command": out.command, "data": data}
    return (
        json.dumps(done.sarif if shape == "sarif" else record, indent=2, ensure_ascii=False) + "\n"
    )


def _why(done: Audit, path: str) -> str:
    reason = done.skipped.get(path)
    return f": {reason}" if reason else ""


def _remark(out: Output, done: Audit) -> None:
    for path, line, message in done.unparsed:
        out.warn(f"{path}:{line}: could not be parsed: {message}")
    for path, reason in done.skipped.items():
        out.detail(f"skipped {path}: {reason}")
    for path in done.unread:
        out.warn(f"{path} was named and nothing of it was read{_why(done, path)}")
    if not done.scanned:
        out.warn("no file was audited; -v says which were skipped")
    if any(done.uncompared.values()):
        unstaged, untracked = done.uncompared["unstaged"], done.uncompared["untracked"]
        out.warn(
            f"not compared with the commit: {count(unstaged, 'unstaged file')}, "
            f"{count(untracked, 'untracked file')}; `git add` them first"
        )
    known = f", {done.known} known" if done.known else ""
    out.say(
        f"{count(len(done.findings), 'finding')}{known} in {count(len(done.scanned), 'file')}, "
        f"{count(len(done.skipped), 'file')} skipped"
    )
