"""`ingenious-storage health serve` as a process, and what its endpoints answer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from tests.ops.cli.harness import SCRIPT
from tests.support.polling import eventually

_OPENER = build_opener(ProxyHandler({}))


def fetch(url: str, timeout: float = 30) -> tuple[int, str]:
    """Status and body."""
    try:
        with _OPENER.open(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[bytes]
    url: str

    def status(self, path: str) -> int:
        return fetch(self.url + path)[0]

    def text(self, path: str) -> str:
        return fetch(self.url + path)[1]

    def becomes(self, path: str, status: int, *, within: float = 100) -> None:
        eventually(lambda: self.status(path) == status, within=within)

    def shows(self, path: str, text: str, *, within: float = 100) -> None:
        eventually(lambda: text in self.text(path), within=within)


@contextmanager
def serving(
    *options: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    descriptors: int | None = None,
    serve: Sequence[str] = ("health", "serve"),
    program: Sequence[str | Path] = (SCRIPT,),
) -> Iterator[Serving]:
    """Run it on a free port; what is left of it at the end is killed."""
    command: list[str | Path] = [*program, *serve, "--port", "0", *options]
    if descriptors is not None:
        command = ["prlimit", f"--nofile={descriptors}:{descriptors}", "--", *command]
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline().decode()
            yield Serving(process, told.removeprefix("serving ").strip())
        finally:
            process.kill()
