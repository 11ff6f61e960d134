"""Whatever is wrong with a record is CorruptObjectError with its key, and verify goes on."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import zstandard as zstd

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, note, prune, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import CorruptObjectError, ObjectTooLargeError
from ingenious_storage.services.kinds import MEMORIES
from tests.support.layering import behind, files_on

KEY, OTHER = MEMORIES.key("a"), MEMORIES.key("b")
SAVES = MAX_ENTRIES + 3
Record = dict[str, Any]
WRONG: tuple[Any, ...] = (None, True, -1, 0, 1.5, "", "x", [], [None], {}, {"number": "1"})


def fresh(backend: Backend) -> DocumentStore:
    return DocumentStore(files_on(backend))


@pytest.fixture
def backend() -> InMemoryBackend:
    backend = InMemoryBackend()
    store = fresh(backend)
    for turn in range(SAVES):
        store.save(KEY, {"turn": turn})
    store.save(OTHER, "fine")
    return backend


def head_of(backend: Backend) -> Record:
    """As a release without digests would have written it: only the types tell what is wrong."""
    record: Record = orjson.loads(behind(backend).get(KEY).data)
    del record["sha256"]
    return record


def segment_of(backend: Backend) -> tuple[str, Record]:
    (info,) = backend.iterate(f"history/{KEY}/")
    return info.key, orjson.loads(zstd.decompress(behind(backend).get(info.key).data))


def places(record: Any, *, free: tuple[str, ...]) -> Iterator[tuple[Any, Any, str]]:
    """Every field at any depth, with what holds it; those in `free` may be anything."""
    items = record.items() if isinstance(record, dict) else enumerate(record)
    for name, value in list(items):
        if name in free:
            continue
        yield record, name, f"{name}"
        if isinstance(value, dict | list) and name != "tags":
            for holder, inner, path in places(value, free=free):
                yield holder, inner, f"{name}.{path}"


def harmless(path: str, old: Any, new: Any) -> bool:
    """What a release without digests may have written there, or means the same."""
    name = path.rpartition(".")[2]
    if old == new and type(old) is type(new):
        return True
    if name in ("author", "message"):
        return new is None or isinstance(new, str)
    if name == "tags":
        return bool(new == [])
    if name == "deleted":
        return isinstance(new, bool)
    if path == "sealed.size":
        return type(new) is int and new >= 0
    if path in ("name", "origin") and new is None:
        return True  # of a segment that an earlier release wrote
    return name == "name" and isinstance(new, str)


def refused(backend: Backend, key: str) -> bool:
    """Whether a whole read is refused with the key; `verify` says so too and goes on."""
    store = fresh(backend)
    problems = verify(store).problems
    assert {problem.code for problem in problems} <= {"corrupt_object"}
    assert {problem.key for problem in problems} <= {KEY, key}
    raised: CorruptObjectError | None = None
    try:
        store.history(KEY, limit=None)
        store.load(KEY, revision=1)
    except CorruptObjectError as error:
        raised = error
    if raised is not None:
        assert raised.key in (KEY, key)
        assert problems
    return bool(problems)


def test_every_field_of_a_head_has_a_type(backend: InMemoryBackend) -> None:
    head = head_of(backend)
    checked = 0
    for holder, name, path in places(head, free=("data", "origin", "bytes", "segments")):
        old = holder[name]
        for wrong in WRONG:
            if harmless(path, old, wrong) or (path == "sealed.keyframe" and wrong is None):
                continue
            holder[name] = wrong
            behind(backend).put(KEY, orjson.dumps(head))
            assert refused(backend, KEY), f"{path} = {wrong!r}"
            checked += 1
        holder[name] = old
    assert checked > 1000


@pytest.mark.parametrize(
    "record",
    [
        {"cuts": ["ab12"]},
        {"rewritten": ["ab12"]},
        {"withdrawn": {"id": "ab12", "ranges": [[2, 2], [3, 4]]}},
    ],
    ids=lambda record: next(iter(record)),
)
def test_every_field_of_an_erasure_has_a_type(backend: InMemoryBackend, record: Record) -> None:
    head = head_of(backend)

    def is_refused() -> bool:
        behind(backend).put(KEY, orjson.dumps({**record, **head}))
        return refused(backend, KEY)

    assert not is_refused()
    for holder, name, path in places(record, free=()):
        old = holder[name]
        for wrong in WRONG:
            if wrong == [] and name in ("cuts", "rewritten", "ranges"):
                continue  # there is none
            holder[name] = wrong
            assert is_refused(), f"{path} = {wrong!r}"
        holder[name] = old


def test_every_field_of_a_head_is_missed(backend: InMemoryBackend) -> None:
    head = head_of(backend)
    for holder, name, path in places(head, free=("data", "origin")):
        if not isinstance(holder, dict) or path == "sealed.size":
            continue
        old = holder.pop(name)
        holder[f"{name}2"] = old
        # Data stays last, else that alone would be refused.
        behind(backend).put(
            KEY,
            orjson.dumps({**{k: v for k, v in head.items() if k != "data"}, "data": head["data"]}),
        )
        assert refused(backend, KEY), path
        del holder[f"{name}2"]
        holder[name] = old


def test_every_field_of_a_segment_has_a_type(backend: InMemoryBackend) -> None:
    key, segment = segment_of(backend)
    for holder, name, path in places(segment, free=("data",)):
        entry = re.search(r"\.(\d+)\.", path)
        if entry and int(entry[1]) % 10 > 1:
            continue  # as the entries beside it, the first and the last among them
        old = holder[name]
        for wrong in WRONG:
            if harmless(path, old, wrong) or (path == "keyframe" and wrong is None):
                continue
            holder[name] = wrong
            behind(backend).put(key, zstd.compress(orjson.dumps(segment)))
            assert refused(backend, key), f"{path} = {wrong!r}"
        holder[name] = old


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.replace(b'"first"', b'"fjrst"'),
        lambda raw: raw.replace(b'"sha256":"', b'"sha255":"', 1),
        lambda raw: raw.replace(b"\n", b"*", 1),
        lambda raw: raw.replace(b'"author":null', b'"author":"al"', 1),
    ],
    ids=["renamed", "digest renamed", "line break", "author"],
)
def test_a_head_with_a_digest(backend: InMemoryBackend, damage: Callable[[bytes], bytes]) -> None:
    raw = behind(backend).get(KEY).data
    assert raw.startswith(b'{"sha256":"')
    behind(backend).put(KEY, damage(raw))
    with pytest.raises(CorruptObjectError) as caught:
        fresh(backend).load(KEY)
    assert caught.value.key == KEY
    report = verify(fresh(backend))
    assert [(p.key, p.code) for p in report.problems] == [(KEY, "corrupt_object")]
    assert report.revisions == 1, "the other document was looked at"


def test_a_release_without_digests_goes_on_and_is_not_taken_for_damage(
    backend: InMemoryBackend,
) -> None:
    """It keeps the digest as a field that it does not know, moves it, and prunes beside it."""
    record: Record = orjson.loads(behind(backend).get(KEY).data)
    stale = record["sha256"]
    record["first"] = MAX_ENTRIES + 1
    record["recent"] = [e for e in record["recent"] if e["number"] > MAX_ENTRIES]
    behind(backend).put(KEY, orjson.dumps(record))
    (info,) = backend.iterate(f"history/{KEY}/")
    backend.delete(info.key)
    store = fresh(backend)
    assert [r.number for r in store.history(KEY, limit=None)] == [35, 34, 33]
    assert store.save(KEY, "next").number == SAVES + 1
    raw = behind(backend).get(KEY).data
    assert stale.encode() not in raw
    assert raw.count(b'"sha256":"') == 1 + 4
    assert verify(fresh(backend)).problems == ()


def test_a_prune_writes_the_digest_anew(backend: InMemoryBackend) -> None:
    prune(fresh(backend), KEY, keep=1)
    assert fresh(backend).load(KEY).revision.number == SAVES
    assert verify(fresh(backend)).problems == ()


def test_a_copy_in_the_head_is_compared_with_its_segment(backend: InMemoryBackend) -> None:
    head = head_of(backend)
    assert head["recent"][0]["number"] < MAX_ENTRIES
    head["recent"][0]["author"] = "mallory"
    behind(backend).put(KEY, orjson.dumps(head))
    (problem,) = verify(fresh(backend)).problems
    assert (problem.key, problem.code) == (KEY, "corrupt_object")
    assert "copy of revision" in problem.message


@pytest.mark.parametrize(
    "more", [b"x", zstd.compress(b""), zstd.compress(b"[]"), b"\x50\x2a\x4d\x18\0\0\0\0"]
)
def test_a_segment_is_exactly_one_frame(backend: InMemoryBackend, more: bytes) -> None:
    key, _ = segment_of(backend)
    behind(backend).put(key, behind(backend).get(key).data + more)
    with pytest.raises(CorruptObjectError) as caught:
        fresh(backend).load(KEY, revision=1)
    assert caught.value.key == key


def test_a_delta_is_exactly_one_frame(backend: InMemoryBackend) -> None:
    key, segment = segment_of(backend)
    delta = next(e["delta"] for e in segment["entries"] if e["delta"] and e["delta"]["middle"])
    packed = base64.b64decode(delta["middle"])
    for more in (b"x", zstd.compress(b"more")):
        delta["middle"] = base64.b64encode(packed + more).decode()
        behind(backend).put(key, zstd.compress(orjson.dumps(segment)))
        with pytest.raises(CorruptObjectError) as caught:
            fresh(backend).load(KEY, revision=1)
        assert caught.value.key == KEY


def test_segments_carry_a_checksum(backend: InMemoryBackend) -> None:
    (info,) = backend.iterate(f"history/{KEY}/")
    assert zstd.get_frame_parameters(behind(backend).get(info.key).data).has_checksum


@pytest.mark.parametrize("size", [1 << 28, 1 << 29])
def test_a_forged_segment_is_not_unpacked(backend: InMemoryBackend, size: int) -> None:
    key, _ = segment_of(backend)
    forged = b"".join(_zeros(size))
    assert len(forged) < 64 * 1024
    behind(backend).put(key, forged)
    with pytest.raises(CorruptObjectError, match=str(4 * (16 << 20) + 64 * (1 << 20))) as caught:
        fresh(backend).load(KEY, revision=1)
    assert caught.value.key == key


def _zeros(size: int) -> Iterator[bytes]:
    """A frame that unpacks to zeros, made without having them in memory."""
    maker = zstd.ZstdCompressor(level=19, write_checksum=False).compressobj(size=size)
    for _ in range(size // (1 << 20)):
        yield maker.compress(bytes(1 << 20))
    yield maker.flush()


def test_a_forged_size_of_a_revision_is_not_allocated(backend: InMemoryBackend) -> None:
    key, segment = segment_of(backend)
    segment["entries"][0]["size"] = 1 << 40
    behind(backend).put(key, zstd.compress(orjson.dumps(segment)))
    with pytest.raises(CorruptObjectError, match="is not read"):
        fresh(backend).load(KEY, revision=1)


def test_what_people_say_of_a_revision_is_bounded(backend: InMemoryBackend) -> None:
    """Else a segment of it could not be told from a forged one."""
    with pytest.raises(ObjectTooLargeError):
        note(message="m" * (1 << 20))
    store, long = fresh(backend), note(message="m" * ((1 << 20) - 16), author="ann")
    for turn in range(MAX_ENTRIES):
        store.save(KEY, turn, note=long)
    assert fresh(backend).load(KEY, revision=1).data == {"turn": 0}
