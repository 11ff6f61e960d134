"""The shape of `--json`: what docs/cli.md promises for each command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_storage import Storage
from tests.ops.cli.harness import WORKSPACE, Cli, run_script
from tests.ops.cli.test_tree import DOCS, leaves, row

REVISION = {
    "number",
    "created_at",
    "author",
    "message",
    "tags",
    "size",
    "sha256",
    "write_id",
    "deleted",
}
LABEL = {"label", "set", "number", "write_id", "moved"}
PURGED = {
    "key",
    "revisions",
    "blobs",
    "bytes",
    "keys",
    "purged_at",
    "recoverable_until",
    "files",
    "catalogue",
}
SYNCED = {
    "path",
    "listed",
    "read",
    "removed",
    "damaged",
    "unreadable",
    "refused",
    "from_snapshot",
}
PRUNED = {"dry_run", "pruned", "revisions", "bytes"}

SHAPES: list[tuple[str, set[str]]] = [
    ("init new", {"files"}),
    ("config show", {"profile", "values"}),
    ("config validate", {"valid", "profile", "type"}),
    ("containers ensure", {"containers"}),
    (
        "doctor",
        {"status", "profile", "backend", "seconds", "environment", "checks", "ticket"},
    ),
    ("containers ls", {"containers"}),
    ("memory save c a.json", {"conversation", "revision"}),
    ("memory show c", {"conversation", "revision", "memory"}),
    ("memory append d --role r --content t", {"conversation", "revision"}),
    ("memory ls", {"conversations", "details", "truncated"}),
    ("memory info c", {"conversation", "key", "revisions", "oldest", "deleted", "newest"}),
    ("profiles ls", {"file", "profiles"}),
    ("memory history c", {"conversation", "revisions", "total", "truncated"}),
    ("memory diff c", {"conversation", "old", "new", "diff"}),
    ("memory rollback c 1", {"conversation", "revision"}),
    ("index sync", SYNCED),
    ("index status", {"path", "documents", "bytes", "synced_at", "complete"}),
    ("index publish", {"snapshots", "refused"}),
    ("index rebuild", SYNCED),
    ("search t", {"hits", "more", "synced_at", "complete"}),
    ("memory rm c", {"conversation", "revision"}),
    ("memory restore c", {"conversation", "revision"}),
    ("memory purge c --yes", {"conversation", *PURGED}),
    ("memory prune d --keep 1 --yes", PRUNED),
    ("memory export out", {"directory", "counts", "conversations"}),
    ("memory import out", {"source", "counts", "conversations"}),
    (
        "memory erase --older-than 0s --receipt erased --yes",
        {
            "dry_run",
            "files",
            "counts",
            "documents",
            "revisions",
            "blobs",
            "bytes",
            "keys",
            "recoverable_until",
            "sha256",
            "encrypted",
            "catalogue",
        },
    ),
    (
        "receipt verify erased.json",
        {
            "receipt",
            "id",
            "passed",
            "documents",
            "copy",
            "copied_blobs",
            "problems",
            "remade",
        },
    ),
    ("agents ls f", {"framework", "frameworks", "documents", "truncated"}),
    ("agents show f c", {"framework", "parts", "what", "key", "revision", "data"}),
    (
        "agents history f c",
        {"framework", "parts", "what", "key", "revisions", "total", "truncated"},
    ),
    ("agents purge f c --yes", {"framework", "dry_run", "documents", "purged"}),
    ("prompts import WORKSPACE", {"source", "sets"}),
    ("prompts export prompts", {"directory", "failures", "sets"}),
    ("prompts sets", {"sets"}),
    ("prompts create s", {"set", "revision"}),
    ("prompts put s a.json", {"set", "revision"}),
    ("prompts ls s", {"set", "revision", "prompts"}),
    ("prompts show s a.json", {"set", "revision", "name", "text"}),
    ("prompts rm s a.json", {"set", "revision"}),
    ("prompts diff s", {"old", "new", "diff"}),
    ("prompts history s", {"set", "revisions", "total", "truncated"}),
    ("prompts rollback s 2", {"set", "revision"}),
    ("prompts restore s", {"set", "revision"}),
    ("prompts label set production s", LABEL),
    ("prompts label get production", LABEL),
    ("prompts label ls", {"labels"}),
    ("prompts label history production", {"label", "history", "total", "truncated"}),
    ("prompts label rm production", {"label", "revision"}),
    ("prompts prune s --keep 1 --dry-run", PRUNED),
    ("prompts purge s --yes", {"set", *PURGED}),
    (
        "keys init --config keys.yml",
        {"provider", "place", "key_file_made", "containers", "back_up", "refused"},
    ),
    ("keys status --config keys.yml", {"provider", "place", "vault_key", "containers", "refused"}),
    ("keys rotate --config keys.yml", {"vault_key", "containers", "refused"}),
    ("keys rewrap --config keys.yml", {"containers", "refused"}),
    ("keys verify --config keys.yml", {"containers", "problems", "strays", "refused"}),
    ("keys encrypt --config keys.yml", {"dry_run", "containers", "refused"}),
    ("keys destroy --everything --yes --config keys.yml", {"dry_run", "containers", "refused"}),
    ("api-keys new ci", {"name", "key", "configuration"}),
    (
        "cat conversations/d/memory.json",
        {"key", "container", "raw", "bytes", "encoding", "content", "head"},
    ),
    ("health check", {"url", "status", "output", "checks", "hint"}),
    (
        "migrate plan --from ./out --to ./copied",
        {
            "format",
            "id",
            "source",
            "target",
            "layout",
            "objects",
            "bytes",
            "digest",
            "largest",
            "escaped",
            "collisions",
            "target_has",
            "skipped",
            "contents",
            "estimate",
            "refused",
            "properties_lost",
            "obstacle",
        },
    ),
    (
        "migrate run --from ./out --to ./copied",
        {
            "source",
            "target",
            "layout",
            "journal",
            "dry_run",
            "counts",
            "bytes",
            "seconds",
            "not_begun",
            "conflicts",
            "failures",
            "skipped",
            "properties_lost",
            "obstacle",
        },
    ),
    (
        "migrate verify --from ./out --to ./copied",
        {
            "format",
            "id",
            "tool",
            "layout",
            "started_at",
            "ended_at",
            "passed",
            "complete",
            "extra_allowed",
            "source",
            "target",
            "equal",
            "counts",
            "differences",
            "skipped",
            "signed_by",
            "sha256",
            "files",
        },
    ),
    (
        "migrate cutover --profile x --to y --profiles p.yml --unverified --yes",
        {"profile", "to", "file", "kept", "changed", "verified", "reports", "diff"},
    ),
    (
        "migrate rollback --profile x --profiles p.yml --yes",
        {"profile", "file", "kept", "changed", "diff", "written", "unknown"},
    ),
    ("verify", {"containers", "problems", "strays"}),
    ("repair", {"dry_run", "documents"}),
    (
        "prune --keep 1 --yes",
        {
            "dry_run",
            "documents",
            "pruned",
            "erased",
            "kept",
            "failed",
            "revisions",
            "blobs",
            "bytes",
            "without_documents",
            "entries",
            "catalogue",
        },
    ),
    ("gc --yes", {"dry_run", "deleted", "bytes", "destroyed"}),
    ("completion bash", {"shell", "script"}),
    ("demo workspace try", {"directory", "files"}),
    ("demo application app", {"directory", "files"}),
    ("alerts export rules", {"directory", "files"}),
]
CHANGED = {"stack", "changes", "resources"}
# These need Pulumi's engine: tests/infra/cli runs them, and compares the same sets.
INFRA: list[tuple[str, set[str]]] = [
    ("infra init", {"directory", "files"}),
    ("infra preview", CHANGED),
    ("infra up", {*CHANGED, "outputs"}),
    ("infra refresh", CHANGED),
    ("infra destroy", CHANGED),
    ("infra outputs", {"stack", "outputs"}),
    ("infra profile", {"profile", "file", "changed", "diff"}),
    ("infra drift", {*CHANGED, "drifted"}),
    # which of them, its argument says: test_explain.py
    ("explain", {"codes", "pages", "page", "text", "entries"}),
    ("serve", {"url"}),  # the same: tests/ops/serving does
    ("health serve", {"url", "endpoints"}),  # runs until it is stopped: tests/ops/health does
    # needs Semgrep: tests/ops/audit does
    (
        "audit a.json",
        {
            "findings",
            "known",
            "rules",
            "counts",
            "steps",
            "scanned",
            "skipped",
            "unparsed",
            "unread",
            "uncompared",
        },
    ),
]


def test_every_command_has_its_shape(cli: Cli) -> None:
    cli.write("a.json", {"messages": []})
    storages = {name: {"storage": {"base_path": name}} for name in ("x", "y")}
    cli.write("p.yml", yaml.safe_dump({"profiles": storages}))
    encryption = {"provider": "key_file", "key_file": "keys.json", "accept_plain": True}
    encrypted = {"base_path": "encrypted", "encryption": encryption}
    cli.write("keys.yml", yaml.safe_dump({"storage": encrypted}))
    with Storage.from_config() as storage:
        storage.agents("f").change("c", leaf="history", fn=lambda _: {"messages": []})
    for line, keys in SHAPES:
        args = [str(WORKSPACE) if arg == "WORKSPACE" else arg for arg in line.split()]
        record = cli.json(*args)
        assert set(record) == {"format", "command", "data"}
        assert line.replace(" ", ".").startswith(record["command"])
        assert set(record["data"]) == keys, line
        for found in revisions(record["data"]):
            assert set(found) == REVISION, line


def revisions(data: Any) -> list[dict[str, Any]]:
    found = [data["revision"]] if isinstance(data.get("revision"), dict) else []
    found += [data["moved"]] if "moved" in data else []
    if data.get("revisions") and isinstance(data["revisions"], list):
        found += data["revisions"]
    return found


def test_every_command_is_in_the_list() -> None:
    names = {" ".join(path) for path, _ in leaves()}
    covered = {
        name
        for name in names
        if any(f"{line} ".startswith(f"{name} ") for line, _ in SHAPES + INFRA)
    }
    assert covered == names


def test_the_reference_names_the_keys() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    for path, command in leaves():
        name = " ".join(path)
        keys = next(keys for line, keys in SHAPES + INFRA if f"{line} ".startswith(f"{name} "))
        begins = row(path, command)
        [found] = [line for line in lines if line.startswith(begins)]
        assert set(re.findall(r"`(\w+)`", found.split(" | ")[3])) == keys, name


def test_an_error_is_a_document_too(cli: Cli) -> None:
    record = cli.json("memory", "show", "c", code=3)
    assert set(record) == {"format", "command", "error"}
    assert set(record["error"]) == {
        "code",
        "message",
        "hint",
        "key",
        "retryable",
        "outcome_unknown",
    }


def test_the_options_go_before_and_behind_the_command(cli: Cli) -> None:
    cli.write("one.yml", "storage:\n  base_path: one\n")
    cli.write("two.yml", "storage:\n  base_path: two\n")
    for args in (
        ["--json", "--config", "one.yml", "config", "show"],
        ["config", "--json", "--config", "one.yml", "show"],
        ["config", "show", "--json", "--config", "one.yml"],
        ["--config", "two.yml", "config", "show", "--config", "one.yml", "--json"],
    ):
        values = json.loads(cli(*args).stdout)["data"]["values"]
        assert {"key": "storage.base_path", "value": "one", "origin": "one.yml:2"} in values


def test_a_profile_and_its_file(cli: Cli) -> None:
    cli.write("p.yml", "profiles:\n  x:\n    storage:\n      base_path: there\n")
    cli("memory", "save", "c", "--profile", "x", "--profiles", "p.yml", stdin="1")
    assert Path("there/ingenious-data").is_dir()
    said = cli("memory", "ls", "-v", "--profile", "x", "--profiles", "p.yml").stderr
    assert said == "storage: local, there; profile: x\n"


def test_quiet_says_only_what_was_asked_for(cli: Cli) -> None:
    assert cli("-q", "memory", "save", "c", stdin="1").output == ""
    assert cli("memory", "show", "c", "-q").output == "1\n"
    assert cli("memory", "show", "d", "-q", code=3).stderr.startswith("error: ")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_json_is_utf8_whatever_the_terminal_speaks(tmp_path: Path, encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding, "PATH": "", "HOME": str(tmp_path)}
    saved = run_script("memory", "save", "ä", cwd=tmp_path, stdin='"😀"'.encode(), env=env)
    assert saved.returncode == 0
    shown = run_script("memory", "show", "ä", "--json", cwd=tmp_path, env=env)
    assert json.loads(shown.stdout)["data"] == {"conversation": "ä", "revision": 1, "memory": "😀"}
    listed = run_script("memory", "ls", cwd=tmp_path, env=env)
    assert listed.stdout.strip() in {"ä".encode(), b"\\xe4"}
