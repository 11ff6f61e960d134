"""Servers: `ingenious-storage serve` and the bare route, each a process, all on one core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import ROOT
from ingenious_ops.api.identity.api_keys import new_key
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.support.issuer import AUDIENCE, Issuer

SET: Final = "support"
LABEL: Final = "production"
FILE: Final = "system.md"
TEXT: Final = ("You are a helpful assistant. " * 142)[:4096]
KEY: Final = new_key()
_SERVE: Final = "from ingenious_ops.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    url: str
    pid: int


def store(folder: Path, cache: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration of a folder with one prompt set, and a label that pins it."""
    storage = {"type": "local", "base_path": str(folder / "store"), "cache": cache}
    with Storage(Settings(storage=StorageSettings.model_validate(storage))) as opened:
        opened.prompts.create_set(SET, {FILE: TEXT})
        opened.prompts.set_label(LABEL, SET)
    return storage


@contextmanager
def ours(folder: Path, storage: dict[str, Any], issuer: Issuer) -> Iterator[Served]:
    """`ingenious-storage serve` in `folder`, for a key and for tokens of `issuer`."""
    reader = {"role": "reader", "containers": ["revisions"]}
    api = {
        "keys": {"service": {"sha256": sha256(KEY.encode()).hexdigest(), **reader}},
        "issuer": issuer.url,
        "audience": [AUDIENCE],
        "roles": {"readers": reader},
    }
    written = json.dumps({"storage": storage, "api": api})
    (folder / "config.yml").write_text(written, encoding="utf-8")
    with _running((sys.executable, "-c", _SERVE, "serve", "--port", "0"), folder) as served:
        yield served


@contextmanager
def bare(path: str) -> Iterator[Served]:
    """A route at `path` that returns the same bytes."""
    with _running((sys.executable, "-m", "benchmarks.api.bare", path, TEXT), ROOT) as served:
        yield served


@contextmanager
def one_core(number: int) -> Iterator[None]:
    """This process, and those that it starts meanwhile, use one core, where there are several."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[number % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def _running(words: Sequence[str], folder: Path) -> Iterator[Served]:
    with (
        one_core(0),
        subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            yield Served(process.stdout.readline().removeprefix("serving ").strip(), process.pid)
        finally:
            process.terminate()
