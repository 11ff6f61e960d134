"""Condition contract: conditional writes, and deletes."""

from __future__ import annotations

from ingenious_storage.backends.base import (
    Backend,
    IfAbsent,
    IfMatch,
    PutOptions,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidKeyError,
    NotFoundError,
)
from ingenious_storage.testing.contract.capabilities import Capabilities, lacks
from ingenious_storage.testing.contract.refusals import refused
from ingenious_storage.testing.oracle import Oracle


class ConditionContract(Capabilities):
    """ETags, and what is done on their condition."""

    def test_if_absent(self, backend: Backend, oracle: Oracle) -> None:
        """IfAbsent writes only where nothing is, also after a delete."""
        backend.put("k", b"first", PutOptions(condition=IfAbsent()))
        with refused(AlreadyExistsError, "put", "k"):
            backend.put("k", b"second", PutOptions(condition=IfAbsent()))
        assert oracle.read("k") == b"first"
        backend.delete("k")
        backend.put("k", b"third", PutOptions(condition=IfAbsent()))
        assert oracle.read("k") == b"third"

    def test_if_match(self, backend: Backend, oracle: Oracle) -> None:
        """IfMatch writes only over the write that it names."""
        stale = backend.put("k", b"1").etag
        etag = backend.put("k", b"2", PutOptions(condition=IfMatch(stale))).etag
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"3", PutOptions(condition=IfMatch(stale)))
        assert oracle.read("k") == b"2"
        backend.put("k", b"3", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") == b"3"

    def test_if_match_on_what_is_not_there(self, backend: Backend, oracle: Oracle) -> None:
        """A missing blob matches no ETag: a conflict, not "not found"."""
        etag = backend.put("k", b"1").etag
        backend.delete("k")
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"2", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") is None

    def test_if_match_on_what_was_made_again(self, backend: Backend, oracle: Oracle) -> None:
        """Equal bytes that were written again are another write."""
        etag = backend.put("k", b"same").etag
        backend.delete("k")
        backend.put("k", b"same")
        if not self.own_etag_for_each_write:
            backend.put("k", b"2", PutOptions(condition=IfMatch(etag)))
            assert oracle.read("k") == b"2"
            lacks("an ETag of its own for each write")
        with refused(ConflictError, "put", "k"):
            backend.put("k", b"2", PutOptions(condition=IfMatch(etag)))
        assert oracle.read("k") == b"same"

    def test_delete(self, backend: Backend, oracle: Oracle) -> None:
        """A delete takes one blob; a second one says that it is missing."""
        backend.put("k", b"1")
        backend.put("k2", b"2")
        backend.delete("k")
        assert oracle.keys() == {"k2"}
        with refused(NotFoundError, "delete", "k"):
            backend.delete("k")

    def test_delete_if_match(self, backend: Backend, oracle: Oracle) -> None:
        """IfMatch deletes only the write that it names; a missing blob is missing."""
        stale = backend.put("k", b"1").etag
        now = b"1" if self.own_etag_for_each_write else b"2"
        etag = backend.put("k", now).etag
        if not self.conditional_delete:
            backend.delete("k", condition=IfMatch(stale))
            assert oracle.keys() == set()
            lacks("conditions of deletes")
        with refused(ConflictError, "delete", "k"):
            backend.delete("k", condition=IfMatch(stale))
        assert oracle.read("k") == now
        backend.delete("k", condition=IfMatch(etag))
        assert oracle.keys() == set()
        with refused(NotFoundError, "delete", "k"):
            backend.delete("k", condition=IfMatch(etag))

    def test_delete_many(self, backend: Backend, oracle: Oracle) -> None:
        """Any number of keys at once; what is missing is fine."""
        kept = {f"kept/{number}" for number in range(3)}
        doomed = [f"doomed/{number}" for number in range(270)]  # Azure's batches hold 256
        for key in (*kept, *doomed):
            backend.put(key, b"")
        result = backend.delete_many(key for key in (*doomed, "missing", "missing/too"))
        assert result == dict.fromkeys((*doomed, "missing", "missing/too"))
        assert oracle.keys() == kept
        assert backend.delete_many([]) == {}

    def test_key_as_folder(self, backend: Backend, oracle: Oracle) -> None:
        """A key may be a folder of other keys, or both writes are refused and change nothing."""
        backend.put("a", b"blob")
        backend.put("f/x", b"inside")
        if self.key_may_be_folder:
            backend.put("a/b", b"below a blob")
            backend.put("f", b"above")
            assert oracle.keys() == {"a", "a/b", "f", "f/x"}
            return
        with refused(InvalidKeyError, "put", "a/b"):
            backend.put("a/b", b"below a blob")
        with refused(InvalidKeyError, "put", "f"):
            backend.put("f", b"above")
        with refused(NotFoundError, "get", "f"):
            backend.get("f")
        with refused(NotFoundError, "get", "a/b"):
            backend.get("a/b")
        assert oracle.keys() == {"a", "f/x"}

    def test_folder_is_gone_with_its_last_blob(self, backend: Backend, oracle: Oracle) -> None:
        """A folder is no thing of its own: its name is free once it is empty."""
        backend.put("a/b/c", b"1")
        backend.delete("a/b/c")
        backend.put("a", b"2")
        assert backend.list().prefixes == ()
        assert oracle.keys() == {"a"}
