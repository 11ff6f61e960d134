"""Listings of several shards: merged in order, by as many requests as pages, and never short."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.base import Page
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.sharded import listing
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.errors import CorruptObjectError, InvalidDataError, StorageError
from tests.library.backends.sharded.shards import memories, sharded
from tests.support.counting import CountingBackend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_storage.backends.base import Backend

DRAWN = random.Random(7)
KEYS = sorted({f"{DRAWN.choice('abc')}/{DRAWN.randrange(40)}/{n}" for n in range(400)})


def filled(names: str) -> tuple[ShardedBackend, dict[str, CountingBackend]]:
    counted = {name: CountingBackend(store) for name, store in memories(names).items()}
    backend = ShardedBackend(counted)
    backend.ensure_container()
    for key in KEYS:
        backend.put(key, b"")
    backend.list(limit=1)  # each has been asked for its record
    for store in counted.values():
        store.reset()
    return backend, counted


def pages(backend: Backend, limit: int, *, anew: bool = False, prefix: str = "") -> Iterator[Page]:
    """`anew`: by another process for each page."""
    token: str | None = None
    while True:
        reader = backend.around_stores(lambda store: store) if anew else backend
        page = reader.list(prefix, limit=limit, token=token)
        yield page
        token = page.token
        if token is None:
            return


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("limit", [1, 7, 100, 399, 400, 5000])
def test_pages_hold_each_key_once_and_in_order(limit: int, anew: bool) -> None:
    backend, _ = filled("abcd")
    found = list(pages(backend, limit, anew=anew))
    assert [info.key for page in found for info in page.blobs] == KEYS
    assert all(len(page.blobs) == limit for page in found[:-1])


def test_folders_of_several_shards_are_one() -> None:
    backend, _ = filled("abcd")
    folders = sorted({key.rpartition("/")[0] + "/" for key in KEYS if key.startswith("b/")})
    assert backend.list("b/", delimiter="/") == Page((), tuple(folders))
    for anew in (False, True):
        token, found = None, list[str]()
        while True:
            reader = backend.around_stores(lambda store: store) if anew else backend
            page = reader.list("b/", delimiter="/", limit=3, token=token)
            found += page.prefixes
            token = page.token
            if token is None:
                break
        assert found == folders


def test_a_listing_is_one_request_for_each_page_of_each_shard() -> None:
    backend, counted = filled("abcd")
    assert sum(1 for _ in pages(backend, 20)) == len(KEYS) / 20
    for store in counted.values():
        blobs = len([*store.inner.iterate()])
        assert store.total <= blobs / 20 + 2


def test_a_page_alone_reads_one_page_of_each_shard() -> None:
    backend, counted = filled("abcd")
    backend.list(limit=50)
    assert [store.total for store in counted.values()] == [1, 1, 1, 1]


def test_what_is_kept_for_the_next_page_is_kept_for_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = [0.0]
    backend, _ = filled("ab")
    merged = listing.MergedListing("ab", Placement("ab").find, clock=lambda: time[0])
    monkeypatch.setattr(backend, "_listing", merged)
    first = backend.list(limit=300)
    backend.put("d", b"behind the token")
    time[0] += 6
    rest = backend.list(limit=300, token=first.token)
    assert [info.key for info in (*first.blobs, *rest.blobs)] == [*KEYS, "d"]
    backend.list(limit=300)
    assert merged._kept
    time[0] += 6
    backend.list()
    assert not merged._kept


def test_few_listings_are_kept() -> None:
    backend, _ = filled("ab")
    tokens = [backend.list(limit=number).token for number in range(1, 30)]
    assert len(backend._listing._kept) <= 8
    for number, token in enumerate(tokens, 1):
        page = backend.list(limit=number, token=token)
        assert [info.key for info in page.blobs] == KEYS[number : 2 * number]


def test_a_blob_in_another_shard_is_told() -> None:
    """It would be listed and could not be read; a second one of a key is such a blob too."""
    for key in ("b/5", KEYS[7]):
        backend, counted = filled("ab")
        right = Placement("ab").shard_of(key)
        [wrong] = {"a", "b"} - {right}
        counted[wrong].inner.put(key, b"by somebody who wrote to a shard alone")
        for limit in (1, 5, 5000):
            with pytest.raises(CorruptObjectError, match=f"belongs into shard {right}") as told:
                [*pages(backend, limit)]
            assert told.value.key == key


def test_what_a_store_asks_itself_with_may_be_anywhere() -> None:
    backend, counted = filled("ab")
    for name, store in counted.items():
        store.inner.put(f".health/clock-{name}", b"")
    assert [info.key for info in backend.list(".health/").blobs] == [
        ".health/clock-a",
        ".health/clock-b",
    ]


def test_a_shard_that_does_not_list_in_order_is_told() -> None:
    """Merged as it is, its listing would leave keys out."""

    class Unordered(InMemoryBackend):
        def list(self, *given: object, **named: object) -> Page:
            page = super().list(*given, **named)  # type: ignore[arg-type]
            return Page(page.blobs[::-1], page.prefixes, page.token)

    backend = ShardedBackend({"a": Unordered(), "b": Unordered()})
    backend.ensure_container()
    for number in range(20):
        backend.put(f"k{number}", b"")
    with pytest.raises(StorageError, match="does not list in the order"):
        backend.list()


@pytest.mark.parametrize("token", ["", "x", "e30=", "eyJhZnRlciI6MSwiYXQiOnt9fQ==", "漢"])
def test_a_damaged_token(token: str) -> None:
    with pytest.raises(InvalidDataError, match="not a token"):
        sharded("ab").list(token=token)


def test_a_token_of_other_shards() -> None:
    backend, _ = filled("abc")
    token = backend.list(limit=5).token
    with pytest.raises(InvalidDataError, match="not a token"):
        sharded("xy").list(token=token)
