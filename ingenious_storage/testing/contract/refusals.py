"""Refusals: the error that a call must raise, with all that it must say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingenious_storage.errors import (
    StorageError,
)


@contextmanager
def refused(kind: type[StorageError], operation: str, key: str) -> Iterator[None]:
    """What is inside must raise `kind`, and say where it happened."""
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == kind.code
    assert caught.value.operation == operation
    assert caught.value.key == key
    assert caught.value.hint
