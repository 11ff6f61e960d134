"""Known answers: fixed keys and salts, as data files that another program can be tested with.

The second writer made them: `python -m tests.library.layers.encrypt.test_vectors`.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from typing import Any, Final

import pytest

from ingenious_storage.backends.base import GetOptions, IfAbsent, Lineage, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.layers.encrypt import second_reader
from tests.library.layers.encrypt import second_writer as fixed
from tests.library.layers.encrypt.house import DOCUMENT, base64_of, encrypted
from tests.library.layers.encrypt.second_reader import FRAME, SecondReader

FOLDER: Final = Path(__file__).parent / "vectors"
LONG: Final = f"conversations/{'n' * 900}/memory.json"
BLOBS: Final = {
    "empty": ("data", "notes/empty.txt", None, b"", 1),
    "one-byte": ("data", "notes/one.bin", None, b"\x00", 1),
    "head": ("data", DOCUMENT, DOCUMENT, b'{"text":"hello"}', 1),
    "segment": ("data", f"history/{DOCUMENT}/0000000032-ab12", DOCUMENT, b"segment", 3),
    "prompt": ("revisions", "prompts/gr\u00fc\u00dfe.json", None, b"\xff\x00", 20),
    "long-name": ("data", LONG, LONG, b"long", 1),
    "one-frame": ("data", "large/one", None, b"ab", FRAME // 2),
    "two-frames": ("data", "large/two", None, b"abc", FRAME // 3 + 1),
}
"""By name: role, key, document, a piece of the data, how often it is repeated."""


def made(name: str) -> dict[str, Any]:
    """A vector: large blobs by their SHA-256 only."""
    role, key, document, piece, times = BLOBS[name]
    stored, salt = written(name), _salt(name)
    content = {"stored": base64_of(stored)} if len(stored) < 1000 else {}
    return {
        "role": role,
        "key": key,
        "document": document,
        "data": {"piece": base64_of(piece), "times": times},
        "salt": salt.hex(),
        "stored_bytes": len(stored),
        "stored_sha256": hashlib.sha256(stored).hexdigest(),
        **content,
        "key_file": json.loads(fixed.KEY_FILE),
        "records": {name: json.loads(data) for name, data in fixed.records(role, document).items()},
    }


def written(name: str) -> bytes:
    role, key, document, piece, times = BLOBS[name]
    secret, key_id = (fixed.DOCUMENT, fixed.DOCUMENT_ID)
    if document is None:
        secret, key_id = fixed.CONTAINER, fixed.CONTAINER_ID
    return fixed.sealed(secret, key_id, _salt(name), role=role, name=key, data=piece * times)


def _salt(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:16]


@pytest.mark.parametrize("name", BLOBS)
def test_the_vectors_are_what_the_second_writer_makes(name: str) -> None:
    assert json.loads((FOLDER / f"{name}.json").read_bytes()) == made(name)


def test_every_file_is_a_vector() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == BLOBS.keys()


@pytest.mark.parametrize("name", BLOBS)
def test_the_library_reads_them(name: str, tmp_path: Path) -> None:
    vector = json.loads((FOLDER / f"{name}.json").read_bytes())
    store, file = InMemoryBackend(), tmp_path / "key.json"
    file.write_text(json.dumps(vector["key_file"]))
    file.chmod(0o600)
    for record, value in vector["records"].items():
        store.put(record, json.dumps(value).encode())
    store.put(vector["key"], written(name))
    layer = encrypted(store, KeyFile(file), role=vector["role"])
    _, _, _, piece, times = BLOBS[name]
    data = piece * times
    assert layer.get(vector["key"]).data == data
    assert (
        layer.get(vector["key"], GetOptions((len(data) // 2, 3))).data == data[len(data) // 2 :][:3]
    )
    assert layer.head(vector["key"]).size == len(data)


@pytest.mark.parametrize("name", BLOBS)
def test_the_second_reader_reads_what_the_library_writes(name: str, tmp_path: Path) -> None:
    role, key, document, piece, times = BLOBS[name]
    store, vault = InMemoryBackend(), KeyFile.create(tmp_path / "key.json")
    layer = encrypted(store, vault, role=role)
    lineage = Lineage.BEGINS if key == document else Lineage.CONTINUES
    layer.put(key, piece * times, PutOptions(condition=IfAbsent(), lineage=lineage))
    reader = SecondReader(lambda key: store.get(key).data, vault.path.read_bytes(), role)
    assert reader.read(key, document) == piece * times


def test_the_second_reader_is_short_and_independent() -> None:
    source = inspect.getsource(second_reader)
    assert (
        "ingenious" not in source.replace("ingenious.", "").partition('"""')[2].partition('"""')[2]
    )
    assert len([line for line in source.splitlines() if line.strip()]) <= 60


if __name__ == "__main__":
    for vector in BLOBS:
        text = json.dumps(made(vector), indent=1, ensure_ascii=True)
        (FOLDER / f"{vector}.json").write_text(text + "\n")
