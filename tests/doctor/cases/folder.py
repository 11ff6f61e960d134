"""A folder that cannot hold anything."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.doctor.bench import Bench
from tests.doctor.cases.case import case


@case("folder.base", "is a file, where a folder should be", "mv ", code="container_not_found")
def file_in_the_folders_place(bench: Bench) -> None:
    bench.cli.write("data", "a file")


@case("data.create", "Operation not permitted", "write access", code="permission_denied")
def folder_that_nobody_may_write(bench: Bench) -> None:
    container = bench.folder / bench.storage["container_data"]
    if subprocess.run(["chattr", "+i", container], check=False, capture_output=True).returncode:
        pytest.skip("this file system, or this user, has no chattr")
    bench.stack.callback(subprocess.run, ["chattr", "-i", container], check=True)


def small_disk(bench: Bench, size: str) -> None:
    container = bench.folder / bench.storage["container_data"]
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", container]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("cannot mount a small disk (needs root)")
    bench.stack.callback(subprocess.run, ["umount", "-l", container], check=True)


@case("data.create", "No space left", "free some space", code="unavailable")
def full_disk(bench: Bench) -> None:
    small_disk(bench, "64k")
    container = bench.folder / bench.storage["container_data"]
    with (container / "ballast").open("wb", 0) as ballast:
        while os.statvfs(container).f_bavail:
            ballast.write(b"x" * 4096)
