"""Limits of stores: what no service needs to be asked for."""

from __future__ import annotations

import pytest

from ingenious_storage.backends.azure.limits import LIMITS as AZURE
from ingenious_storage.backends.base import NO_LIMITS, Properties, StoreLimits
from ingenious_storage.errors import InvalidDataError, InvalidKeyError, ObjectTooLargeError

ALL = StoreLimits(
    key_bytes=6,
    blob_bytes=10,
    metadata_bytes=8,
    metadata_name="[a-z]+",
    metadata_is_ascii=True,
)


@pytest.mark.parametrize("limits", [ALL, NO_LIMITS])
def test_what_fits(limits: StoreLimits) -> None:
    assert limits.refusal("\u00e9\u00e9\u00e9", 10, Properties(metadata={"a": "1234567"})) is None
    assert limits.refusal("k") is None


@pytest.mark.parametrize(
    ("key", "size", "metadata", "error", "said"),
    [
        ("\u00e9\u00e9\u00e9k", 1, {}, InvalidKeyError, "the key has 7 bytes, at most 6"),
        ("k\udcff123", 1, {}, InvalidKeyError, "the key has 7 bytes"),
        ("k", 11, {}, ObjectTooLargeError, "11 bytes, over 10 of one object"),
        ("k", 1, {"a": "12345678"}, InvalidDataError, "9 bytes, over 8"),
        ("k", 1, {"a-b": "1"}, InvalidDataError, "the name 'a-b'"),
        ("k", 1, {"a": "\u00e9"}, InvalidDataError, "'a' has a value beyond"),
        ("k", 1, {"a": "1\n2"}, InvalidDataError, "'a' has a value beyond"),
    ],
)
def test_what_does_not(
    key: str, size: int, metadata: dict[str, str], error: type[Exception], said: str
) -> None:
    assert NO_LIMITS.refusal(key, size, Properties(metadata=metadata)) is None
    found = ALL.refusal(key, size, Properties(metadata=metadata))
    assert type(found) is error
    assert said in str(found)
    assert found is not None
    assert found.key == key


def test_names_that_azure_takes() -> None:
    """As identifiers of C#; what else it refuses, it says when it is asked."""
    for name in ("owner", "Owner_2", "_x"):
        assert AZURE.refusal("k", 1, Properties(metadata={name: "1"})) is None
    for name in ("2x", "a-b", "a b", ""):
        assert AZURE.refusal("k", 1, Properties(metadata={name: "1"})) is not None
