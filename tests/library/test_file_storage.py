from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    CorruptObjectError,
    InvalidDataError,
    InvalidKeyError,
    NotFoundError,
    NotModifiedError,
)
from ingenious_storage.file_storage import FileStorage
from tests.support.counting import CountingBackend


@pytest.fixture
def backend() -> CountingBackend:
    return CountingBackend(InMemoryBackend(create=False))


@pytest.fixture
def files(backend: CountingBackend) -> FileStorage:
    return FileStorage(backend)


def test_text_json_and_bytes(files: FileStorage, backend: CountingBackend) -> None:
    files.save_text("a/t.txt", "Grüße\r\n")
    files.save_json("a/j.json", {"z": 1, "a": [None, 1.5]})
    files.save_bytes("b", b"\x00\xff")
    assert backend.get("a/t.txt").data == "Grüße\r\n".encode()
    assert backend.get("a/j.json").data == b'{"z":1,"a":[null,1.5]}'
    assert files.load_text("a/t.txt") == "Grüße\r\n"
    assert list(files.load_json("a/j.json")) == ["z", "a"]
    assert files.load_bytes("b") == b"\x00\xff"
    assert backend.get("a/t.txt").info.content_type == "text/plain; charset=utf-8"
    assert list(files.list_keys()) == ["a/j.json", "a/t.txt", "b"]
    assert list(files.list_keys("a/t")) == ["a/t.txt"]
    assert files.exists("b")
    files.delete("b")
    assert not files.exists("b")
    with pytest.raises(NotFoundError):
        files.delete("b")
    assert files.delete_many(["a/t.txt", "gone"]) == {"a/t.txt": None, "gone": None}


def test_conditions(files: FileStorage) -> None:
    info = files.save_text("k", "1", condition=IfAbsent())
    with pytest.raises(AlreadyExistsError):
        files.save_text("k", "2", condition=IfAbsent())
    with pytest.raises(NotModifiedError):
        files.load_blob("k", if_none_match=info.etag)
    newer = files.save_text("k", "2", condition=IfMatch(info.etag))
    with pytest.raises(ConflictError):
        files.save_json("k", 3, condition=IfMatch(info.etag))
    with pytest.raises(ConflictError):
        files.delete("k", condition=IfMatch(info.etag))
    assert files.load_blob("k").info.etag == newer.etag


def test_what_cannot_be_read_is_said(files: FileStorage) -> None:
    files.save_bytes("k", b"\xff{")
    with pytest.raises(CorruptObjectError):
        files.load_text("k")
    with pytest.raises(CorruptObjectError):
        files.load_json("k")
    with pytest.raises(InvalidDataError):
        files.save_text("k", "\ud800")


BAD_KEYS = {
    "empty": "",
    "up": "a/../b",
    "dot": "./a",
    "absolute": "/a",
    "slash at the end": "a/",
    "double slash": "a//b",
    "drive": "C:/a",
    "drive alone": "c:a",
    "backslash": "a\\b",
    "nul": "a\x00b",
    "newline": "a\nb",
    "delete": "a\x7f",
    "noncharacter": "a\ufffe",
    "noncharacter 2": "a\uffff",
    "surrogate": "a\ud800",
    "long": "a" * 1025,
    "deep": "/".join("a" * 255),
    "dot at the end": "a./b",
    "dot at the very end": "a.",
    "space at the end": "a /b",
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_keys_are_refused_before_any_request(
    files: FileStorage, backend: CountingBackend, key: str
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: files.save_text(key, "x"),
        lambda: files.load_bytes(key),
        lambda: files.exists(key),
        lambda: files.delete(key),
        lambda: files.delete_many([key]),
    ]
    for call in calls:
        with pytest.raises(InvalidKeyError) as caught:
            call()
        assert caught.value.hint
    assert backend.total == 0


@pytest.mark.parametrize(
    "key", ["a" * 1024, "/".join("a" * 254), " a", "..a", "a b/c.d", "ÄÖ/日本"]
)
def test_keys_at_the_limits_work(files: FileStorage, key: str) -> None:
    files.save_text(key, "x")
    assert list(files.list_keys()) == [key]


@pytest.mark.parametrize("prefix", ["a\\", "../", "a\x00", "/"])
def test_bad_prefixes_are_refused(files: FileStorage, prefix: str) -> None:
    with pytest.raises(InvalidKeyError):
        list(files.list_keys(prefix))


def test_a_container_is_made_once_on_first_use_of_many_threads(
    files: FileStorage, backend: CountingBackend
) -> None:
    start = Barrier(8)

    def save(number: int) -> None:
        start.wait()
        files.save_text(f"k{number}", "x")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(8)))
    assert backend.operations["ensure_container"] == 1
    assert len(list(files.list_keys())) == 8


def test_reading_makes_a_missing_container_too(files: FileStorage) -> None:
    assert list(files.list_keys()) == []
    assert files.container_exists()


def test_without_auto_create_a_missing_container_is_an_error(backend: CountingBackend) -> None:
    files = FileStorage(backend, auto_create=False)
    with pytest.raises(ContainerNotFoundError) as caught:
        files.save_text("k", "x")
    assert "containers ensure" in caught.value.hint
    assert backend.operations["ensure_container"] == 0
    assert not files.container_exists()
    assert files.ensure_container() is True
    assert files.ensure_container() is False
    files.save_text("k", "x")


def test_other_containers_can_be_asked_for(backend: CountingBackend) -> None:
    others = {"there": InMemoryBackend(), "gone": InMemoryBackend(create=False)}
    files = FileStorage(backend, open_container=others.__getitem__)
    assert files.container_exists("there")
    assert not files.container_exists("gone")
    with pytest.raises(ConfigurationError):
        files.container_exists("Bad_Name")
    with pytest.raises(ConfigurationError):
        FileStorage(backend).container_exists("there")
