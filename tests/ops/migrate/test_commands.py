"""The commands: what they print, and one clear error for what cannot be."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

from ingenious_ops.cli.commands.migrate.options import size
from ingenious_ops.cli.commands.migrate.progress import bytes_text, line
from ingenious_ops.migrate.errors import LocationError
from ingenious_ops.migrate.location import ContainerPlace, FolderPlace, Place, parse_place
from ingenious_ops.migrate.runner import Progress
from tests.ops.cli.harness import Cli
from tests.ops.migrate.harness import many, read_tree, write_tree

RUN = ("migrate", "run", "--from", "./src", "--to", "data")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A working directory with a tree of 12 files in `src`."""
    folder = tmp_path / "work"
    write_tree(folder / "src", many(12))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Cli(folder)


def container(cli: Cli) -> dict[str, bytes]:
    return read_tree(cli.folder / "out")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (".", FolderPlace(Path())),
        ("..", FolderPlace(Path(".."))),
        ("./x", FolderPlace(Path("x"))),
        ("../x/y", FolderPlace(Path("../x/y"))),
        ("/x", FolderPlace(Path("/x"))),
        ("C:\\x", FolderPlace(Path("C:\\x"))),
        ("data", ContainerPlace(None, "data")),
        ("revisions", ContainerPlace(None, "revisions")),
        ("prod:data", ContainerPlace("prod", "data")),
        ("a:b:revisions", ContainerPlace("a:b", "revisions")),
    ],
)
def test_places(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize("text", ["", "x", "src", "~x", ":data", "prod:", "data/", "Data", ".x"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(LocationError, match="neither"):
        parse_place(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", 5), ("500kB", 500_000), ("10MB", 10**7), ("1GiB", 1 << 30), ("2 mib", 2 << 20)],
)
def test_sizes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "0", "MB", "-1", "1.5MB", "1PB", "x"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter):
        size(text)


def test_a_whole_migration(cli: Cli) -> None:
    where = ("--from", "./src", "--to", "data")
    plan = cli("migrate", "plan", *where, "--output", "plan.json")
    assert "objects\t12\n" in plan.stdout
    done = cli("migrate", "run", *where, "--plan", "plan.json")
    assert done.stdout == ""
    assert done.stderr.startswith("12 copied; 3.6 kB in ")
    again = cli("migrate", "run", *where)
    assert again.stderr.startswith("12 unchanged since an earlier run; 0 B in ")
    verified = cli("migrate", "verify", *where, "--signed-by", "me", "--report", "proof.json")
    assert "passed: 12 equal, 0 not" in verified.stderr
    assert json.loads((cli.folder / "proof.json").read_text())["passed"] is True
    assert (cli.folder / "proof.md").is_file()
    cli("migrate", "run", "--from", "data", "--to", "./out")
    assert container(cli) == many(12)


def test_json_is_one_document(cli: Cli) -> None:
    (cli.folder / "src" / "link").symlink_to("nowhere")
    data = cli.data(*RUN)
    assert data["counts"]["copied"] == 12
    assert data["skipped"] == [
        {"name": "link", "reason": "symbolic link, not followed", "fault": False}
    ]
    assert data["journal"].startswith(".ingenious/migrate-")


def test_conflicts_are_listed_and_exit_with_4(cli: Cli) -> None:
    cli(*RUN)
    path = cli.folder / "data" / "ingenious-data" / "0" / "file%200000.txt"
    path = next(p for p in path.parent.iterdir() if p.read_bytes().startswith(b"000000"))
    path.write_bytes(b"theirs")
    conflict = cli(*RUN, code=4)
    assert conflict.stdout == (
        "conflict\t0/file 0000.txt\tthe target was changed since it was copied [conflict]\n"
    )
    (problem,) = cli.data(*RUN, code=4)["conflicts"]
    assert (problem["key"], problem["code"]) == ("0/file 0000.txt", "conflict")
    assert "FAILED: 11 equal, 1 not" in cli("migrate", "verify", *RUN[2:], code=1).stderr
    assert "1 overwritten" in cli(*RUN, "--overwrite").stderr
    cli("migrate", "verify", *RUN[2:])


def test_a_dry_run_leaves_nothing(cli: Cli) -> None:
    done = cli(*RUN, "--dry-run")
    assert done.stderr.startswith("would be: 12 copied")
    assert [path.name for path in cli.folder.iterdir()] == ["src"]


def test_what_cannot_be_copied_exits_with_1_and_the_rest_is_copied(cli: Cli) -> None:
    os.mkfifo(cli.folder / "src" / "pipe")
    done = cli(*RUN, code=1)
    assert "not copied: pipe: not a file" in done.stderr
    assert "12 copied" in done.stderr
    assert "pipe" in cli("migrate", "plan", *RUN[2:]).stderr
    assert "pipe" in cli("migrate", "verify", *RUN[2:], code=1).stderr


def test_a_collision_exits_with_4_and_copies_nothing(cli: Cli) -> None:
    write_tree(cli.folder / "src", {"a\\b": b"1", "a%5Cb": b"2"})
    plan = cli("migrate", "plan", *RUN[2:], code=4)
    assert "would both become a%5Cb" in plan.stderr
    assert cli.error(*RUN, code=4)["code"] == "name_collision"
    assert not (cli.folder / "data").exists()


def test_a_plan_made_on_other_data_exits_with_4(cli: Cli) -> None:
    cli("migrate", "plan", *RUN[2:], "--output", "plan.json")
    (cli.folder / "src" / "new").write_bytes(b"")
    assert cli.error(*RUN, "--plan", "plan.json", code=4)["code"] == "plan_mismatch"
    assert not (cli.folder / "data").exists()


def test_a_journal_of_another_migration_exits_with_4(cli: Cli) -> None:
    cli(*RUN, "--journal", "j")
    args = ("migrate", "run", "--from", "./src", "--to", "./out", "--journal", "j")
    assert cli.error(*args, code=4)["code"] == "journal_mismatch"
    assert cli.error(*args, "--dry-run", code=4)["code"] == "journal_mismatch"
    assert not (cli.folder / "out").exists()


def test_a_damaged_journal_exits_with_1_and_changes_nothing(cli: Cli) -> None:
    cli(*RUN, "--journal", "j")
    whole = (cli.folder / "j").read_bytes()
    (cli.folder / "j").write_bytes(whole[:10])
    error = cli.error(*RUN, "--journal", "j", code=1)
    assert error["code"] == "journal_damaged"
    assert "Move the file away" in error["hint"]
    (cli.folder / "j").write_bytes(whole[:-10])  # a torn last line is no damage
    assert cli.data(*RUN, "--journal", "j")["counts"]["unchanged"] == 11


USAGE = {
    "no place": ("src", "data", "neither a folder nor a container"),
    "no place to": ("./src", "data/x", "neither a folder nor a container"),
    "a file": ("./src/0/file 0000.txt", "data", "is a file, not a folder"),
    "a file to": ("./src", "./file", "is a file, not a folder"),
    "the same folder": ("./src", "../work/src", "are the same"),
    "the same container": ("data", "data", "are the same"),
    "target inside": ("./src", "./src/deeper", "target lies inside the source"),
    "source inside": ("./src/0", "./src", "source lies inside the target"),
    "container inside": (".", "data", "target lies inside the source"),
    "container around": ("./data/ingenious-data/x", "data", "source lies inside the target"),
}


@pytest.mark.parametrize("case", USAGE)
@pytest.mark.parametrize("command", ["plan", "run", "verify"])
def test_places_that_cannot_be_are_one_clear_error(cli: Cli, case: str, command: str) -> None:
    cli.write("file", "")
    source, target, message = USAGE[case]
    error = cli.error("migrate", command, "--from", source, "--to", target, code=2)
    assert error["code"] == "usage"
    assert message in error["message"]
    assert read_tree(cli.folder) == {"file": b""} | {f"src/{k}": v for k, v in many(12).items()}


def test_a_link_to_the_same_folder_is_the_same_folder(cli: Cli) -> None:
    (cli.folder / "again").symlink_to("src")
    error = cli.error("migrate", "run", "--from", "./src", "--to", "./again", code=2)
    assert "are the same" in error["message"]


def test_no_source_exits_with_3(cli: Cli) -> None:
    for source in ("./missing", "revisions"):
        error = cli.error("migrate", "run", "--from", source, "--to", "data", code=3)
        assert error["code"] == "not_found"
    assert not (cli.folder / "data").exists()


def test_only_needs_its_layout(cli: Cli) -> None:
    error = cli.error(*RUN, "--only", "memory", code=2)
    assert "--layout ingenious" in error["message"]


@pytest.mark.parametrize(
    "args",
    [
        ("run", "--journal", "src/j"),
        ("plan", "--output", "src/plan.json"),
        ("verify", "--report", "./src"),
    ],
)
def test_files_of_ours_may_not_be_in_what_is_copied(cli: Cli, args: tuple[str, ...]) -> None:
    command, *rest = args
    where = ("--from", "./src", "--to", "data")
    assert "lies inside" in cli.error("migrate", command, *where, *rest, code=2)["message"]
    assert read_tree(cli.folder / "src") == many(12)


def test_two_profiles(cli: Cli) -> None:
    profiles = {
        name: {"storage": {"type": "local", "base_path": f"./{name}"}} for name in ("one", "two")
    }
    cli.write("profiles.yml", {"profiles": profiles})
    cli("migrate", "run", "--from", "./src", "--to", "one:data")
    cli("migrate", "run", "--from", "data", "--to", "two:revisions", "--profile", "one")
    cli("migrate", "run", "--from", "two:revisions", "--to", "./out")
    assert container(cli) == many(12)
    error = cli.error("migrate", "run", "--from", "three:data", "--to", "./out", code=1)
    assert error["code"] == "invalid_configuration"


def test_limits_hold(cli: Cli) -> None:
    data = cli.data(*RUN, "--max-requests", "20", "--workers", "4")
    assert data["counts"]["copied"] == 12
    assert data["seconds"] >= (12 - 2) / 20


def test_where_it_is_run_may_be_copied_without_its_journal(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cli.folder / "src")
    for _ in range(2):
        cli("migrate", "run", "--from", ".", "--to", "../out")
        cli("migrate", "verify", "--from", ".", "--to", "../out")
    assert container(cli) == many(12)
    assert (cli.folder / "src" / ".ingenious").is_dir()


def test_progress_tells_rate_and_time_left() -> None:
    progress = Progress(10, 2_000_000, started=0.0, objects=5, bytes=500_000, written_bytes=500_000)
    assert progress.seconds_left == pytest.approx(progress.seconds * 3, rel=0.01)
    text = line("copying", progress)
    assert text.startswith("copying: 5 of 10 objects, 500.0 kB of 2.0 MB, ")
    assert text.endswith(" left")
    assert Progress(0, 0).seconds_left == 0
    assert Progress(3, 0).seconds_left is None


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1.5e6, "1.5 MB"), (2e15, "2000.0 TB")],
)
def test_bytes_text(number: float, text: str) -> None:
    assert bytes_text(number) == text


def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(cli: Cli) -> None:
    disk = cli.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        args = ("migrate", "run", "--from", "./src", "--to", "./disk", "--workers", "1")
        stopped = cli(*args, code=1)
        assert "[disk_full]" in stopped.stderr
        assert "run the same command to go on" in stopped.stderr
        subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
        data = cli.data(*args)
        assert data["counts"]["unchanged"] > 0
        assert data["counts"]["unchanged"] + data["counts"]["copied"] == 12
        assert read_tree(disk) == many(12)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    "arguments",
    [
        RUN,
        (*RUN, "--journal", "sub/journal"),
        ("migrate", "verify", *RUN[2:]),
    ],
)
def test_a_folder_that_nobody_may_write_in_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """As root sees a file system that is mounted read-only: by the answers of the system."""
    refused: list[str] = []

    def deny(call: Any) -> Any:
        def refuse(path: Any, *rest: Any, **options: Any) -> Any:
            writes = call is os.mkdir or (rest and rest[0] & (os.O_WRONLY | os.O_RDWR))
            if writes and "dir_fd" not in options and "out" not in str(path):
                refused.append(str(path))
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return call(path, *rest, **options)

        return refuse

    monkeypatch.setenv("INGENIOUS_STORAGE__BASE_PATH", str(cli.folder / "out"))
    monkeypatch.setattr(os, "mkdir", deny(os.mkdir))
    monkeypatch.setattr(os, "open", deny(os.open))
    error = cli.error(*arguments, code=1)
    assert error["code"] == "permission_denied"
    assert refused
    assert Path(refused[-1]).name.split(".")[0] in error["message"]
    assert error["hint"]
