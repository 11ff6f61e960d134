"""Servers of the tests of GCS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers.gcs_double import GcsDouble, gcs_double


@pytest.fixture(scope="module")
def double() -> Iterator[GcsDouble]:
    with gcs_double() as server:
        yield server
