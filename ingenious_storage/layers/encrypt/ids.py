"""Hidden ids: the names of conversations' blobs, by a keyed hash that only who has the keys makes.

HMAC-SHA256 of the id, cut to 128 bits. Nobody without the key can look for two ids with one hash,
so what counts is chance: among 10**12 conversations it is 10**-15. The key is derived from a key of
the container, which the container's record names for as long as it lives: whether ids are hidden
is decided with the first key, and cannot be changed.
"""

from __future__ import annotations

import hmac
from typing import Final

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.keys import hidden_segment, id_bytes
from ingenious_storage.layers.encrypt import envelope
from ingenious_storage.layers.encrypt.container import ContainerKeys
from ingenious_storage.layers.encrypt.envelope import Key
from ingenious_storage.runtime.unpickled import Unpickled

_INFO: Final = b"ingenious.hidden-id/1"
_BYTES: Final = 16


class HiddenIds(Unpickled):
    """Makes the segment of an id. The first call makes the container's keys, if it has none.

    Raises: InvalidKeyError, before any request; ConfigurationError when the container shows ids;
    the errors of the store and of the provider.
    """

    def __init__(self, container: ContainerKeys) -> None:
        self._container = container
        self._derived: Key | None = None

    def __call__(self, text: str) -> str:
        raw = id_bytes(text)
        return hidden_segment(hmac.digest(self._key().secret.reveal(), raw, "sha256")[:_BYTES])

    def _key(self) -> Key:
        key, known = self._container.of_ids(), self._derived
        if key is None:
            raise ConfigurationError("this container shows the ids of its conversations")
        if known is None or known.id != key.id:  # the container may have begun anew
            secret = envelope.derived(key.secret, salt=b"", info=_INFO)
            self._derived = known = Key(key.id, secret)
        return known
