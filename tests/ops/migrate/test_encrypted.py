"""Migrations into, out of and between containers that are compressed and encrypted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.errors import ChangedError
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import make_plan
from ingenious_ops.migrate.verification import Kind, verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import TEXT, Properties, PutOptions
from ingenious_storage.errors import MemoryNotFoundError
from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.cli.harness import Cli
from tests.ops.migrate.harness import Migration, contents, counts, data_of, memory_storage
from tests.support.counting import CountingBackend

MIB = 1024 * 1024
MAGIC = b"\x93ISE"
FILES = {
    "empty": b"",
    "notes.txt": b"words " * 4000,
    "large": bytes(range(251)) * (5 * MIB // 251),
    "large and dull": b"dull" * (5 * MIB // 4),
}
SIZE = sum(map(len, FILES.values()))


class Places:
    """Storages in memory, and what is stored in each, without our layers."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.counting: dict[str, CountingBackend] = {}

    def storage(self, name: str, *, encrypts: bool = False, compresses: bool = False) -> Storage:
        settings: dict[str, Any] = {"compression": {"enabled": compresses}}
        if encrypts:
            path = self.folder / f"{name}.json"
            KeyFile.create(path)
            settings["encryption"] = {"provider": "key_file", "key_file": path}

        def wrap(backend: Any) -> CountingBackend:
            counting = CountingBackend(backend)
            self.counting.setdefault(name, counting)  # the first one is of the data
            return counting

        return self._stack.enter_context(memory_storage(wrap, **settings))

    def stored(self, name: str) -> dict[str, bytes]:
        store = self.counting[name].inner
        return {info.key: store.get(info.key).data for info in store.iterate()}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(tmp_path, stack)


def fill(storage: Storage) -> None:
    storage.data.ensure_container()
    for key, data in FILES.items():
        storage.data.backend.put(key, data)
    for number in range(40):
        storage.memory.append_messages("chat", [{"role": "user", "content": f"words {number}"}])
    storage.memory.save_memory("other", {"text": "words"})


KINDS = {
    "plain": {},
    "packed": {"compresses": True},
    "sealed": {"encrypts": True},
    "both": {"encrypts": True, "compresses": True},
}
ROUND = {("plain", "both"), ("both", "plain"), ("packed", "sealed"), ("sealed", "packed")}
"""Of every run."""


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(one, two, marks=[] if (one, two) in ROUND else pytest.mark.slow)
        for one, two in product(KINDS, KINDS)
    ],
)
def test_from_each_kind_to_each(places: Places, tmp_path: Path, source: str, target: str) -> None:
    here = places.storage("here", **KINDS[source])
    there = places.storage("there", **KINDS[target])
    fill(here)
    migration = Migration(data_of(here), data_of(there), tmp_path / "journal")
    number = len(contents(migration.source))
    assert counts(migration(dry_run=True)) == {"copied": number}
    assert counts(migration()) == {"copied": number}
    assert contents(migration.target) == contents(migration.source)
    verified = verify(migration.ends)
    assert verified.passed
    assert verified.source.bytes == verified.target.bytes > SIZE
    assert verified.source.manifest == verified.target.manifest
    assert counts(migration()) == {"unchanged": number}
    sizes = {line["key"]: line["size"] for line in migration.lines()}
    assert {key: sizes[key] for key in FILES} == {key: len(data) for key, data in FILES.items()}
    assert there.memory.load_memory("chat") == here.memory.load_memory("chat")
    assert len(there.memory.history("chat", limit=None)) == 40
    found = places.stored("there")
    if "encrypts" in KINDS[target]:
        blobs = {key for key in found if not key.startswith("keys/")}
        assert all(found[key].startswith(MAGIC) for key in blobs)
        assert "keys/documents/conversations/chat/memory.json" in found
        assert there.keys.verify()["data"].problems == []
        ours = {key for key in places.stored("here") if key.startswith("keys/master/")}
        assert not ours & found.keys()
    else:
        assert not any(key.startswith("keys/") for key in found)


def test_a_second_journal_finds_equal_bytes(places: Places, tmp_path: Path) -> None:
    here = places.storage("here", compresses=True)
    there = places.storage("there", encrypts=True)
    fill(here)
    Migration(data_of(here), data_of(there), tmp_path / "journal")()
    again = Migration(data_of(here), data_of(there), tmp_path / "other journal")
    assert set(counts(again())) == {"equal"}
    here.data.save_text("notes.txt", "other words")
    assert counts(again())["updated"] == 1
    assert there.data.load_text("notes.txt") == "other words"
    there.data.save_text("notes.txt", "somebody's words")
    assert counts(again())["conflict"] == 1


def test_what_a_purge_left_gets_no_key_of_a_document(places: Places, tmp_path: Path) -> None:
    here, there = places.storage("here"), places.storage("there", encrypts=True)
    here.memory.save_memory("gone", 1)
    here.memory.purge_memory("gone")
    here.memory.save_memory("deleted", 1)
    here.memory.delete_memory("deleted")
    Migration(data_of(here), data_of(there), tmp_path / "journal")()
    records = {key for key in places.stored("there") if key.startswith("keys/documents/")}
    assert records == {"keys/documents/conversations/deleted/memory.json"}
    with pytest.raises(MemoryNotFoundError):
        there.memory.purge_memory("gone")
    there.memory.save_memory("gone", "anew")
    assert there.memory.load_memory("gone") == "anew"
    there.memory.purge_memory("gone")
    assert there.keys.verify()["data"].problems == []


def test_damage_is_found(places: Places, tmp_path: Path) -> None:
    here, there = places.storage("here"), places.storage("there", encrypts=True)
    fill(here)
    migration = Migration(data_of(here), data_of(there), tmp_path / "journal")
    migration()
    store = places.counting["there"].inner
    sealed = store.get("notes.txt").data
    store.put("notes.txt", sealed[:-1] + bytes((sealed[-1] ^ 1,)))
    found = verify(migration.ends)
    assert [(each.kind, each.key) for each in found.differences] == [(Kind.UNREADABLE, "notes.txt")]
    assert not found.passed


def test_properties_go_along(places: Places, tmp_path: Path) -> None:
    here = places.storage("here", compresses=True)
    there = places.storage("there", encrypts=True, compresses=True)
    kept = Properties(content_language="de", metadata={"owner": "ann"})
    here.data.ensure_container()
    here.data.backend.put("a", b"words", PutOptions(TEXT, kept))
    Migration(data_of(here), data_of(there), tmp_path / "journal")()
    info = there.data.backend.head("a")
    assert (info.content_type, info.properties, info.size) == (TEXT, kept, 5)


def test_a_plan_reads_no_blob(places: Places) -> None:
    here = places.storage("here", compresses=True, encrypts=True)
    there = places.storage("there", compresses=True)
    fill(here)
    ends = Migration(data_of(here), data_of(there), Path("journal")).ends
    places.counting["here"].reset()
    plan = make_plan(ends, {}, workers=4, limits=Limits())
    assert plan.objects == len(ends.source.listing().items)
    asked = {key for operation, key in places.counting["here"].calls if operation == "get"}
    assert not asked - {"keys/container.json"}


class TestReaderOfOneVersion:
    """What `open` gives of a container whose listing does not know sizes."""

    def opened(self, places: Places) -> tuple[Storage, ContainerEnd, Item]:
        storage = places.storage("here", compresses=True, encrypts=True)
        storage.data.save_bytes("a", FILES["large"])
        end = data_of(storage)
        item = end.find("a")
        assert item is not None
        return storage, end, item

    def test_it_seeks(self, places: Places) -> None:
        _, end, item = self.opened(places)
        with end.open(item) as stream:
            assert stream.read() == FILES["large"]
            assert stream.seek(0, io.SEEK_END) == len(FILES["large"])
            stream.seek(7)
            assert stream.read(5) == FILES["large"][7:12]

    def test_another_one_from_the_start(self, places: Places) -> None:
        storage, end, item = self.opened(places)
        storage.data.save_bytes("a", b"other")
        with pytest.raises(ChangedError):
            end.open(item)

    def test_another_one_at_the_end(self, places: Places) -> None:
        storage, end, item = self.opened(places)
        with end.open(item) as stream:
            read = stream.read(100)
            storage.data.save_bytes("a", b"other")
            with pytest.raises(ChangedError):
                read += stream.read()
        assert FILES["large"].startswith(read)


def test_the_commands_between_two_profiles(cli: Cli) -> None:
    KeyFile.create(cli.folder / "keys.json")
    sealed = {
        "base_path": "there",
        "compression": {"enabled": True},
        "encryption": {"provider": "key_file", "key_file": "keys.json"},
    }
    profiles = {"plain": {"base_path": "here"}, "sealed": sealed}
    cli.write(
        "profiles.yml",
        yaml.safe_dump({"profiles": {name: {"storage": s} for name, s in profiles.items()}}),
    )
    cli("memory", "save", "c", "--profile", "plain", stdin='"words"')
    ends = ("--from", "plain:data", "--to", "sealed:data", "--profile", "plain")
    assert cli.data("migrate", "plan", *ends)["objects"] == 1
    assert cli.data("migrate", "run", *ends)["counts"]["copied"] == 1
    assert cli.data("migrate", "verify", *ends)["passed"]
    head = "ingenious-data/conversations/c/memory.json"
    assert b"words" not in (cli.folder / "there" / head).read_bytes()
    assert cli.data("memory", "show", "c", "--profile", "sealed")["memory"] == "words"
    cli("keys", "verify", "--strict", "--profile", "sealed")
    back = ("--from", "sealed:data", "--to", "./plain again", "--profile", "plain")
    assert cli.data("migrate", "run", *back)["counts"]["copied"] == 1
    here = (cli.folder / "here" / head).read_bytes()
    assert (cli.folder / "plain again/conversations/c/memory.json").read_bytes() == here
