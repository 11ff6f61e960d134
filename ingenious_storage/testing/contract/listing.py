"""Listing contract: order, prefixes, folders and pages."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from ingenious_storage.backends.base import Backend, Page
from ingenious_storage.testing.contract.capabilities import Capabilities, lacks
from ingenious_storage.testing.oracle import Oracle

# Where a naive order of folders and files goes wrong: "-" and "." sort before "/", "0" after.
# fmt: off
KEYS = sorted([
    "a-b", "a.b", "a/b", "a/b-c/d", "a/b.c", "a/c", "a/d/1", "a/d/2", "a/d-/1", "a/d0", "a0",
    "ab!", "ab-/x", "ab/c/d/e", "b-", "b/ü", "b/漢", "b/é", "c!/x", "c/x", "c%/x", "c+/x",
    "d/x/1", "d/x/2", "d/x/3", "d/y", "Z", "Za/x", "za/x", "ä/ö", "zz",
])
# fmt: on


def _names(page: Page) -> list[str]:
    return sorted([*(blob.key for blob in page.blobs), *page.prefixes])


def _folded(prefix: str) -> list[str]:
    """What a listing of KEYS with the delimiter "/" must show."""
    rest = (key[len(prefix) :].partition("/") for key in KEYS if key.startswith(prefix))
    return sorted({prefix + head + slash for head, slash, _ in rest})


def _pages(backend: Backend, prefix: str, delimiter: str | None, limit: int) -> list[Page]:
    pages = [backend.list(prefix, delimiter=delimiter, limit=limit)]
    while pages[-1].token is not None:
        pages.append(backend.list(prefix, delimiter=delimiter, limit=limit, token=pages[-1].token))
        assert len(pages) < 10 * len(KEYS), "the listing does not end"
    return pages


class ListingContract(Capabilities):
    """Listings: order, prefixes, pages, and what changes meanwhile."""

    def _shown(self, names: Iterable[str]) -> list[str]:
        """The names as they were listed; sorted where the store has no order to look at."""
        return [*names] if self.lists_in_order else sorted(names)

    @pytest.fixture
    def full(self, backend: Backend) -> Backend:
        """A container with all KEYS in it."""
        for key in KEYS:
            backend.put(key, key.encode())
        return backend

    def test_empty(self, backend: Backend) -> None:
        """Nothing, and no error."""
        assert backend.list() == backend.list("x/", delimiter="/") == Page(blobs=())

    def test_order_is_lexicographic(self, full: Backend, oracle: Oracle) -> None:
        """By code points of the keys, whatever the store sorts by."""
        page = full.list()
        found = [blob.key for blob in page.blobs]
        assert self._shown(found) == KEYS
        assert page.prefixes == ()
        assert page.token is None
        if full.lists_sizes:
            assert [blob.size for blob in page.blobs] == [len(key.encode()) for key in found]
        assert self._shown(blob.key for blob in full.iterate()) == KEYS
        assert oracle.keys() == set(KEYS)
        if not self.lists_in_order:
            assert found != KEYS
            lacks("listings in order")

    @pytest.mark.parametrize(
        "prefix",
        ["a", "a/", "a/b", "a/d", "a/d/", "a/d/1", "a/d/1/", "ab/c", "b/", "c%", "nothing", "no/x",
         "a/b/", "z", "ä"],
    )  # fmt: skip
    def test_prefix(self, full: Backend, prefix: str) -> None:
        """Any beginning of a key; with a delimiter, what lies deeper is one prefix."""
        found = self._shown(blob.key for blob in full.list(prefix).blobs)
        assert found == [key for key in KEYS if key.startswith(prefix)]
        page = full.list(prefix, delimiter="/")
        assert _names(page) == _folded(prefix)
        assert self._shown(page.prefixes) == [n for n in _folded(prefix) if n.endswith("/")]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    @pytest.mark.parametrize("delimiter", [None, "/"])
    @pytest.mark.parametrize("prefix", ["", "a", "a/", "d/x"])
    def test_pages(self, full: Backend, prefix: str, delimiter: str | None, limit: int) -> None:
        """Pages of any size hold the same as one."""
        if delimiter and not self.folds_pages:
            lacks("pages of a listing with a delimiter")
        pages = _pages(full, prefix, delimiter, limit)
        wanted = [key for key in KEYS if key.startswith(prefix)]
        assert self._shown(name for page in pages for name in _names(page)) == (
            _folded(prefix) if delimiter else wanted
        )
        assert all(len(_names(page)) <= limit for page in pages)
        for page in pages:
            keys = self._shown(blob.key for blob in page.blobs)
            assert keys == sorted(keys)
            assert self._shown(page.prefixes) == sorted(page.prefixes)

    def test_pages_follow_each_other(self, full: Backend) -> None:
        """Blobs and prefixes are in one order across pages."""
        if not self.lists_in_order:
            lacks("listings in order")
        pages = [_names(page) for page in _pages(full, "", "/", 3)]
        if not self.folds_pages:
            shown = [name for names in pages for name in names]
            assert len(set(shown)) < len(shown)
            lacks("pages of a listing with a delimiter")
        names = [names for names in pages if names]
        assert all(before[-1] < after[0] for before, after in pairwise(names))

    def test_deleting_while_listing(self, full: Backend, oracle: Oracle) -> None:
        """A token stays good when what was listed is deleted."""
        seen: list[str] = []
        page = full.list(limit=4)
        while True:
            seen += [blob.key for blob in page.blobs]
            full.delete_many(blob.key for blob in page.blobs)
            if page.token is None:
                break
            page = full.list(limit=4, token=page.token)
        assert self._shown(seen) == KEYS
        assert oracle.keys() == set()

    def test_writing_while_listing(self, full: Backend) -> None:
        """A token stays good when others write: nothing old is missed or listed twice."""
        first = full.list(limit=10)
        assert first.token is not None
        full.put("a!", b"before the token")
        full.put("zzz", b"behind it")
        rest = full.list(token=first.token)
        keys = [blob.key for blob in (*first.blobs, *rest.blobs)]
        assert set(KEYS) <= set(keys)
        assert len(set(keys)) == len(keys)

    def test_listing_shows_the_last_write(self, backend: Backend) -> None:
        """At once, with its ETag."""
        for size in range(4):
            etag = backend.put("k", b"x" * size).etag
            [listed] = backend.list().blobs
            assert listed.etag == etag
            if backend.lists_sizes:
                assert listed.size == size
