"""Key contract: valid keys that are hard on stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingenious_storage.backends.base import (
    Backend,
    IfAbsent,
    PutOptions,
)
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.testing.contract.capabilities import ODD_KEYS, Capabilities
from ingenious_storage.testing.contract.refusals import refused
from ingenious_storage.testing.oracle import Oracle

__all__ = ["ODD_KEYS", "KeyContract"]


class KeyContract(Capabilities):
    """Keys with odd characters."""

    @pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: ascii(key)[1:31])
    def test_odd_key(self, backend: Backend, oracle: Oracle, key: str) -> None:
        """Every call takes the key as it is, and listings give it back so; else it is refused."""
        if not self.takes(key):
            with refused(InvalidKeyError, "put", key):
                backend.put(key, b"")
            assert oracle.keys() == set()
            return
        data = key.encode()
        info = backend.put(key, data)
        assert info.key == key
        assert backend.get(key).data == data == oracle.read(key)
        head, seen = backend.head(key), backend.get(key).info
        if not self.put_tells_all:
            seen = replace(seen, last_modified=head.last_modified, content_type=head.content_type)
        assert head == seen
        assert [blob.key for blob in backend.list().blobs] == [key]
        assert [blob.key for blob in backend.list(key).blobs] == [key]
        assert oracle.keys() == {key}
        backend.delete(key)
        assert oracle.keys() == set()
        oracle.write(key, b"theirs")
        assert backend.get(key).data == b"theirs"

    def test_odd_keys_stay_distinct(self, backend: Backend, oracle: Oracle) -> None:
        """No two keys are one blob, however alike they look."""
        keys = [key for key in self.odd_keys if self.takes(key)]
        for key in keys:
            backend.put(key, key.encode(), PutOptions(condition=IfAbsent()))
        for key in keys:
            assert backend.get(key).data.decode() == key
        assert {blob.key for blob in backend.iterate()} == set(keys) == oracle.keys()
        assert backend.delete_many(keys) == dict.fromkeys(keys)
        assert oracle.keys() == set()
