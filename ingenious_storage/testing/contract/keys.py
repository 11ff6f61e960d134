"""Key contract: valid keys that are hard on stores."""

from __future__ import annotations

from typing import ClassVar

import pytest

from ingenious_storage.backends.base import (
    Backend,
    IfAbsent,
    PutOptions,
)
from ingenious_storage.testing.oracle import Oracle

ODD_KEYS = (
    "a b/c  d",
    " leading space",
    "100%/%41%2F%",
    "a+b=c@d,e;f",
    "what#is?this&that=1",
    "time:12:30|<a>*\"q\"'q'`",
    "$HOME/!(x)[y]{z}^",
    "emoji/🦊👩🏽‍💻",
    "漢字/かな/한글",
    "café",  # composed, NFC
    "cafe\u0301",  # the same text decomposed, NFD
    "Upper/Lower",
    "upper/lower",
    "UPPER/LOWER",
    "STRASSE",
    "straße",
    ".hidden/.git/config",
    "..x/...y",
    "~tilde/~/~x41",
    "con/nul/com1.txt",
    "CON",
    "aux.tar.gz",
    "-dash/--help",
    "x.tmp",
    "lock",
    "x.lock",
    "\u00a0no-break\u2028",
    "right\u200eto\u200fleft\ufeff",
    "/".join(["s" * 127] * 8),  # 1,023 characters
    "/".join(["s"] * 254),
    "長" * 1024,
    "/".join(["話" * 5] * 170),
    "𝄞" * 300,
)


class KeyContract:
    """Keys with odd characters."""

    odd_keys: ClassVar[tuple[str, ...]] = ODD_KEYS

    @pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: ascii(key)[1:31])
    def test_odd_key(self, backend: Backend, oracle: Oracle, key: str) -> None:
        """Every call takes the key as it is, and listings give it back so."""
        if key not in self.odd_keys:
            pytest.skip("a documented difference")
        data = key.encode()
        info = backend.put(key, data)
        assert info.key == key
        assert backend.get(key).data == data == oracle.read(key)
        assert backend.head(key) == backend.get(key).info
        assert [blob.key for blob in backend.list().blobs] == [key]
        assert [blob.key for blob in backend.list(key).blobs] == [key]
        assert oracle.keys() == {key}
        backend.delete(key)
        assert oracle.keys() == set()
        oracle.write(key, b"theirs")
        assert backend.get(key).data == b"theirs"

    def test_odd_keys_stay_distinct(self, backend: Backend, oracle: Oracle) -> None:
        """No two keys are one blob, however alike they look."""
        for key in self.odd_keys:
            backend.put(key, key.encode(), PutOptions(condition=IfAbsent()))
        for key in self.odd_keys:
            assert backend.get(key).data.decode() == key
        assert {blob.key for blob in backend.iterate()} == set(self.odd_keys) == oracle.keys()
        assert backend.delete_many(self.odd_keys) == dict.fromkeys(self.odd_keys)
        assert oracle.keys() == set()
