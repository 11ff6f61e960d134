"""A folder that cannot hold anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case


@case("folder.base", "is a file, where a folder should be", "mv ", code="container_not_found")
def file_in_the_folders_place(bench: Bench) -> None:
    bench.cli.write("data", "a file")


@case("folder.base", "/etc/passwd is a file", r"^Correct storage.base_path \(profiles.yml:\d+\).$")
def somebody_elses_file(bench: Bench) -> None:
    bench.storage |= {"type": "local", "base_path": "/etc/passwd"}


@case(
    "folder.base",
    "is mounted read-only",
    "Mount a volume there that may be written, or correct storage.base_path",
    code="permission_denied",
)
def read_only_file_system(bench: Bench) -> None:
    mount(bench, bench.folder, "ro")


@case("data.create", "Operation not permitted", "write access", code="permission_denied")
def folder_that_nobody_may_write(bench: Bench) -> None:
    container = bench.folder / bench.storage["container_data"]
    if subprocess.run(["chattr", "+i", container], check=False, capture_output=True).returncode:
        pytest.skip("this file system, or this user, has no chattr")
    bench.stack.callback(subprocess.run, ["chattr", "-i", container], check=True)


def mount(bench: Bench, folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("cannot mount (needs root)")
    bench.stack.callback(subprocess.run, ["umount", "-l", str(folder)], check=True)


@case("data.create", "No space left", "free some space", code="unavailable")
def full_disk(bench: Bench) -> None:
    container = bench.folder / bench.storage["container_data"]
    mount(bench, container, "size=64k")
    with (container / "ballast").open("wb", 0) as ballast:
        while os.statvfs(container).f_bavail:
            ballast.write(b"x" * 4096)
