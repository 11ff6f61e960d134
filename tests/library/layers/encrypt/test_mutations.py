"""Whoever may write to the store changes what is there: nothing wrong is ever read in silence.

What cannot be seen is an older state of the same blob, since that was right once; see the last
test and docs/security.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final

import pytest

from ingenious_storage.backends.base import Backend, GetOptions, IfMatch, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import StorageError, UnsupportedFormatError
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from tests.library.layers.encrypt.house import ONCE, Vault, document_of

FRAME: Final = 64
HEADER: Final = 38
SEALED: Final = FRAME + 16
DOCUMENTS: Final = tuple(f"conversations/{name}/memory.json" for name in "ab")
TEXTS: Final = {
    "notes/empty": b"",
    "notes/one": b"x",
    "notes/long": bytes(range(256)),
    "notes/frames": b"f" * FRAME * 3,
    **{document: f'{{"of":"{document}"}}'.encode() for document in DOCUMENTS},
    **{f"history/{document}/0000000032-ab": b"segment" * 30 for document in DOCUMENTS},
}
Stored = dict[str, bytes]
Mutation = Callable[[random.Random, Stored, list[Stored]], tuple[str, bytes]]
"""From a container's blobs and those of others: the name and the new content of one."""


class Small(EncryptLayer):
    frame_size = FRAME


def layer(store: Backend, role: str = "data") -> Small:
    vault = Vault()
    keyring = Keyring(store, lambda: vault, role=role, document_of=document_of, policy=ONCE)
    return Small(store, keyring)


def filled(role: str = "data") -> Stored:
    store = InMemoryBackend()
    writer = layer(store, role)
    for key, data in TEXTS.items():
        writer.put(key, data)
    return {info.key: store.get(info.key).data for info in store.iterate()}


def _blob(pick: random.Random, stored: Stored) -> str:
    return pick.choice([key for key in stored if not key.startswith("keys/")])


def _record(pick: random.Random, stored: Stored) -> str:
    return pick.choice([key for key in stored if key.startswith("keys/")])


def _flipped(pick: random.Random, data: bytes) -> bytes:
    changed, at = bytearray(data), pick.randrange(len(data))
    changed[at] ^= 1 << pick.randrange(8)
    return bytes(changed)


def flip(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    key = _blob(pick, stored)
    return key, _flipped(pick, stored[key])


def header(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    """A field of the header by random bytes, or by that of another blob."""
    key, other = _blob(pick, stored), _blob(pick, stored)
    start, end = pick.choice([(0, 4), (4, 5), (5, 6), (6, 22), (22, 38), (6, 38), (0, 38)])
    field = pick.choice([pick.randbytes(end - start), stored[other][start:end]])
    return key, stored[key][:start] + field + stored[key][end:]


def cut(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    """At any byte, or where a frame ends."""
    key = _blob(pick, stored)
    data = stored[key]
    ends = [*range(HEADER, len(data), SEALED)]
    return key, data[: pick.choice([pick.randrange(len(data)), pick.choice(ends)])]


def frames(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    """Swapped, repeated, left out, or taken from another blob."""
    key = pick.choice([key for key in stored if len(stored[key]) > HEADER + SEALED])
    key = key if not key.startswith("keys/") else "notes/long"
    parts, others = _frames(stored[key]), _frames(stored[_blob(pick, stored)])
    at, to = pick.randrange(len(parts)), pick.randrange(len(parts))
    how = pick.randrange(4)
    if how == 0:
        parts[at], parts[to] = parts[to], parts[at]
    elif how == 1:
        parts.insert(to, parts[at])
    elif how == 2:
        del parts[at]
    else:
        parts[at] = pick.choice(others)
    return key, stored[key][:HEADER] + b"".join(parts)


def _frames(data: bytes) -> list[bytes]:
    return [data[start : start + SEALED] for start in range(HEADER, len(data), SEALED)]


def longer(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    key = _blob(pick, stored)
    return key, stored[key] + pick.choice([pick.randbytes(pick.randrange(1, 200)), stored[key]])


def moved(pick: random.Random, stored: Stored, others: list[Stored]) -> tuple[str, bytes]:
    """From another key, container or account."""
    source = pick.choice([stored, *others])
    return _blob(pick, stored), source[_blob(pick, source)]


def plain(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    key = _blob(pick, stored)
    return key, pick.choice([TEXTS[key], b"", pick.randbytes(100)])


def record_flip(pick: random.Random, stored: Stored, _others: list[Stored]) -> tuple[str, bytes]:
    key = _record(pick, stored)
    return key, _flipped(pick, stored[key])


def record_moved(pick: random.Random, stored: Stored, others: list[Stored]) -> tuple[str, bytes]:
    """A record of another name, or of the same in another container or account."""
    source, key = pick.choice([stored, *others]), _record(pick, stored)
    return key, source.get(key) or source[_record(pick, source)]


def record_field(pick: random.Random, stored: Stored, others: list[Stored]) -> tuple[str, bytes]:
    """A field gone, of another type, or that of another record."""
    key, source = _record(pick, stored), pick.choice([stored, *others])
    record: Any = json.loads(stored[key])
    other: Any = json.loads(source[_record(pick, source)])
    if "keys" in record and pick.random() < 0.7:
        other, inner = other.get("keys", [other])[0], record["keys"][0]
    else:
        inner = record
    name = pick.choice([*inner])
    if pick.random() < 0.2:
        del inner[name]
    else:
        odd: list[Any] = [None, 7, [], {}, "", "x" * 32, "../../x", -1.5, True, [7], "\u0000"]
        inner[name] = pick.choice([*odd, *[other.get(name)] * len(odd)])
    return key, json.dumps(record).encode()


MUTATIONS: Final[tuple[Mutation, ...]] = (
    flip, header, cut, frames, longer, moved, plain, record_flip, record_moved, record_field,
)  # fmt: skip


def _whole(reader: Small, key: str) -> bytes:
    return reader.get(key).data


def _streamed(reader: Small, key: str) -> bytes:
    with reader.open_read(key) as stream:
        return stream.read()


def _ranged(reader: Small, key: str) -> bytes:
    return reader.get(key, GetOptions((0, None))).data


def read(store: Backend, *keys: str) -> list[str]:
    """Keys that give their data; any way of reading, and any error but a StorageError, counts."""
    right = []
    reader = layer(store)
    for key in keys:
        data = TEXTS[key]
        for way in (_whole, _streamed, _ranged):
            try:
                found = way(reader, key)
            except StorageError:
                continue
            assert found == data, key
            right.append(key)
    return right


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.slow)], ids=str)
def test_nothing_wrong_is_read_in_silence(count: int) -> None:
    stored, others = filled(), [filled("revisions"), filled()]
    pick, refused = random.Random(count), 0
    store = InMemoryBackend()
    for key, data in stored.items():
        store.put(key, data)
    assert len(read(store, *TEXTS)) == 3 * len(TEXTS)
    for number in range(count):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        key, data = mutation(pick, stored, others)
        if data == stored[key]:
            continue
        store.put(key, data)
        wanted = (key,) if key in TEXTS else tuple(TEXTS)
        right = read(store, *wanted)
        # A record may say something else that reading does not need, such as a time.
        assert key not in right, (mutation.__name__, number)
        refused += len(right) < 3 * len(wanted)
        store.put(key, stored[key])
    assert refused > count * 0.8


def test_a_newer_version_of_the_format_is_told_as_such() -> None:
    stored = filled()["notes/one"]
    for changed in (b"\x02\x00", b"\x01\x80"):
        store = InMemoryBackend()
        store.put("notes/one", stored[:4] + changed + stored[6:])
        with pytest.raises(UnsupportedFormatError):
            layer(store).get("notes/one")


def test_ranges_of_a_damaged_blob_are_right_or_refused() -> None:
    stored, pick, key = filled(), random.Random(3), "notes/long"
    for _ in range(300):
        store = InMemoryBackend()
        for name, data in stored.items():
            store.put(name, data)
        changed = pick.choice([flip, cut, frames, longer])(pick, {key: stored[key]}, [])[1]
        store.put(key, changed)
        offset, length = pick.randrange(256), pick.randrange(1, 256)
        try:
            found = layer(store).get(key, GetOptions((offset, length))).data
        except StorageError:
            continue
        assert found == TEXTS[key][offset : offset + length]


def test_an_older_state_of_a_head_is_accepted() -> None:
    """It was sealed for this place: only who remembers a newer one can tell. So says the page."""
    store = InMemoryBackend()
    writer, key = layer(store), DOCUMENTS[0]
    etag = writer.put(key, b"revision 1").etag
    older = store.get(key).data
    writer.put(key, b"revision 2", PutOptions(condition=IfMatch(etag)))
    store.put(key, older)
    assert layer(store).get(key).data == b"revision 1"
