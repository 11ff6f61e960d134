"""Wall time of many new conversations at once, beside a pool of threads over the bare SDK."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, Final

from azure.storage.blob import ContentSettings

from benchmarks.azure import bare, fresh_azurite, ours
from benchmarks.measure import Clock, Timings, fair_collector
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.runtime.parallel import WORKERS

TARGET: Final = 1.1
_ROUNDS: Final = 9
_CONVERSATIONS: Final = 2000
_BYTES: Final = 4096

_POOL: Final = "a pool over the bare SDK"

METHOD = f"""\
`save_many` of {_CONVERSATIONS:,} new conversations of 4 KB, against a pool of {WORKERS} threads
over one bare `ContainerClient`, made without options, that sends the same requests:
`upload_blob(name, data, overwrite=False)`, which is If-None-Match: *, with the same keys, content
type and lengths (the bytes are those that ours wrote to memory before). A fresh Azurite for each,
the container and one blob made before. {_ROUNDS} rounds, the order changing."""

BOUND = """\
Azurite, which is one Node process, and the SDK's CPU time under Python's global lock: what ours
adds to a request is made of the JSON, two hashes, the revision's record and the layers."""


def run() -> Section:
    memories = _conversations()
    bodies = _bodies(memories)
    timings = Timings()
    with fair_collector():
        for number in range(_ROUNDS):
            for name in ("ours", "bare") if number % 2 else ("bare", "ours"):
                clock = _ours(memories) if name == "ours" else _bare(bodies)
                timings.add(name, wall=clock.wall, cpu=clock.cpu)
    wall, cpu = timings.wall, timings.cpu
    rows = [
        compared("wall time", wall["ours"], _POOL, wall["bare"], target=TARGET),
        compared("CPU time of the client", cpu["ours"], _POOL, cpu["bare"]),
    ]
    title = f"{_CONVERSATIONS:,} new conversations at once"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def _conversations() -> dict[str, Any]:
    random = Random(20)
    letters = "abcdefghijklmnopqrstuvwxyz     "
    return {
        f"conversation-{number:04d}": {
            "messages": [{"role": "user", "content": "".join(random.choices(letters, k=_BYTES))}]
        }
        for number in range(_CONVERSATIONS)
    }


def _bodies(memories: Mapping[str, Any]) -> dict[str, bytes]:
    """The blobs that `save_many` makes of them, by key."""
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        storage.memory.save_many(memories)
        return {key: storage.data.load_bytes(key) for key in storage.data.list_keys()}


def _ours(memories: Mapping[str, Any]) -> Clock:
    clock = Clock()
    with fresh_azurite() as server, ours(server) as storage:
        storage.memory.save_memory("warm-up", {})
        with clock.running():
            saved = storage.memory.save_many(memories)
        failed = [error for error in saved.values() if isinstance(error, Exception)]
        if failed:
            raise failed[0]
    return clock


def _bare(bodies: Mapping[str, bytes]) -> Clock:
    clock = Clock()
    with fresh_azurite() as server, bare(server) as client:
        client.create_container()
        client.upload_blob("warm-up", b"{}")

        def upload(item: tuple[str, bytes]) -> None:
            kind = ContentSettings(content_type="application/json")
            client.upload_blob(*item, overwrite=False, content_settings=kind)

        with clock.running(), ThreadPoolExecutor(WORKERS) as pool:
            for future in [pool.submit(upload, item) for item in bodies.items()]:
                future.result()
    return clock
