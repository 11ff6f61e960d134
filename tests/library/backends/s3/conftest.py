"""Fixtures of the tests of S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.s3 import bucket
from tests.library.backends.s3.tiny_s3 import TinyS3, tiny_s3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyS3]:
    """A tiny S3 of this test's own. What it does with conditions is not known yet."""
    monkeypatch.setattr(bucket, "_known", {})
    with tiny_s3() as server:
        yield server
