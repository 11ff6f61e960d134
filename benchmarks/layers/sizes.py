"""Sizes with compression and encryption: what is stored and what is sent, key records included."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.datapath.before import command
from benchmarks.layers.talk import LAYERS, Message, pages, pieces, reference, settings, turns
from benchmarks.machine import ROOT
from benchmarks.report import Section, Table, verdict_of
from ingenious_storage import MemoryManager, Storage
from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, BlobInfo, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings
from ingenious_storage.layers.base import Layer

TARGET: Final = 0.35
WORKSPACE_TARGET: Final = 0.60
_MESSAGES: Final = 120
_APPENDS: Final = 1000

METHOD: Final = f"""\
All blobs of both containers, records of keys included, with compression and encryption over the
same without; and the bytes of all writes, in memory. A conversation of {_MESSAGES} messages, by
turns of 200 and of 1,000 characters, saved once: of Python's own reference, and for the record of
these pages, which say little twice. {_APPENDS:,} appends of one message of some 280 characters, of
both texts. And the example workspace, taken into a folder by `prompts import` and `memory
import`."""

BOUND: Final = """\
zstd has the redundancy of one document to work with, and no other. What a history stores is
compressed already, and most of it are hashes and ids, which nothing compresses: of short messages
they are a third. Encryption adds 54 bytes a blob and a record of 221 bytes a document, and 950
bytes for two containers: of the small documents of the workspace that is as much again as half of
what zstd leaves."""

Work = Callable[[MemoryManager], None]


class _Bytes(NamedTuple):
    stored: int
    sent: int | None


def run() -> Section:
    appended = pieces(reference() + pages(), _APPENDS)
    rows = [
        *_rows(f"{_MESSAGES} messages", TARGET, *_both(_saved(turns(reference(), _MESSAGES)))),
        *_rows("of these pages", None, *_both(_saved(turns(pages(), _MESSAGES)))),
        *_rows(f"{_APPENDS:,} appends", TARGET, *_both(_appended(appended))),
        *_rows("the example workspace", WORKSPACE_TARGET, _workspace({}), _workspace(LAYERS)),
    ]
    header = ("", "without", "with", "times", "target", "met")
    title = "What compression and encryption store and send"
    return Section(title, METHOD, Table(header, rows), BOUND)


def _rows(
    what: str, target: float | None, without: _Bytes, layered: _Bytes
) -> Iterator[tuple[str, ...]]:
    pairs = {"stored": (without.stored, layered.stored), "sent": (without.sent, layered.sent)}
    for name, (plain, small) in pairs.items():
        if plain is None or small is None:
            continue
        ratio = small / plain
        verdict = ("", "") if target is None else (f"{target:g}", verdict_of(ratio, target))
        sizes = (f"{size / 1024:,.1f} KB" for size in (plain, small))
        yield (f"{what}, {name}", *sizes, f"{ratio:.2f}", *verdict)


def _saved(messages: list[Message]) -> Work:
    def work(memory: MemoryManager) -> None:
        memory.save_memory("talk", {"messages": messages})

    return work


def _appended(messages: list[Message]) -> Work:
    def work(memory: MemoryManager) -> None:
        for message in messages:
            memory.append_messages("talk", [message])

    return work


def _both(work: Work) -> tuple[_Bytes, _Bytes]:
    return _once(work, layers=False), _once(work, layers=True)


def _once(work: Work, *, layers: bool) -> _Bytes:
    stores: dict[str, _Sent] = {}

    def backend(_settings: object, name: str) -> Backend:
        return stores.setdefault(name, _Sent(InMemoryBackend()))

    with TemporaryDirectory() as folder:
        chosen = settings(Path(folder), layers=layers, type="inmemory")
        with Storage(Settings(storage=chosen), backend=backend) as storage:
            if layers:
                storage.keys.init()
            work(storage.memory)
        stored = sum(info.size for store in stores.values() for info in store.iterate())
        return _Bytes(stored, sum(store.sent for store in stores.values()))


class _Sent(Layer):
    """Counts the bytes of all writes."""

    sent = 0

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        self.sent += len(data)
        return super().put(key, data, options)


def _workspace(layers: Mapping[str, str]) -> _Bytes:
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        environ = {**os.environ, "INGENIOUS_STORAGE__BASE_PATH": str(folder / "data"), **layers}
        source = str(ROOT / "examples/workspace")
        calls = [("prompts", "import", source), ("memory", "import", source)]
        for words in [*([("keys", "init")] if layers else []), *calls]:
            line = command(ROOT, "--quiet", *words)
            subprocess.run(line, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)
        files = [path for path in (folder / "data").rglob("*") if path.is_file()]
        sizes = (path.stat().st_size for path in files if ".locks" not in path.parts)
        return _Bytes(sum(sizes), None)
