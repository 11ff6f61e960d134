"""Heads through a layer that looks inside, over a store whose reads do not show the properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    NO_PROPERTIES,
    Blob,
    GetOptions,
    Properties,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import UnavailableError
from tests.library.layers.toys import Deflated

KEPT = Properties(cache_control="max-age=60", metadata={"owner": "ann"})


class Reticent(InMemoryBackend):
    """As Google Cloud Storage; `meanwhile` runs after each read."""

    reads_properties = False
    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        blob = super().get(key, options)
        self.meanwhile()
        return Blob(blob.data, replace(blob.info, properties=NO_PROPERTIES))


def test_a_head_has_the_properties_and_the_decoded_size() -> None:
    layer = Deflated(Reticent())
    layer.put("k", b"x" * 5000, PutOptions("text/x", KEPT))
    head = layer.head("k")
    assert (head.content_type, head.properties, head.size) == ("text/x", KEPT, 5000)
    assert layer.get("k").info.properties == NO_PROPERTIES


@pytest.mark.parametrize("times", [1, 4])
def test_a_head_is_of_one_state(times: int) -> None:
    """The blob is replaced between its two requests, and then left alone."""
    store = Reticent()
    layer = Deflated(store)
    layer.put("k", b"old", PutOptions("text/x"))
    sizes = iter(range(10, 10 + times))

    def meanwhile() -> None:
        if (size := next(sizes, None)) is not None:
            layer.put("k", b"x" * size, PutOptions("text/y", KEPT))

    store.meanwhile = meanwhile
    head = layer.head("k")
    assert (head.content_type, head.properties, head.size) == ("text/y", KEPT, 9 + times)


def test_a_blob_that_always_changes_is_told() -> None:
    store = Reticent()
    layer = Deflated(store)
    layer.put("k", b"old")
    store.meanwhile = lambda: layer.put("k", b"new")
    with pytest.raises(UnavailableError) as caught:
        layer.head("k")
    assert (caught.value.operation, caught.value.key) == ("head", "k")
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)
