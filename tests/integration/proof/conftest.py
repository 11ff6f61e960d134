from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.documents.format import segment
from tests.integration.proof.install import install
from tests.support.golang import NotBuiltError


@pytest.fixture(scope="session")
def checker() -> Path:
    """The program that judges histories; without Go the tests skip, but not in CI."""
    try:
        return install()
    except NotBuiltError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def shrink_segments(patch: pytest.MonkeyPatch) -> None:
    """As `living.small_segments` has them in other processes."""
    patch.setattr(segment, "MAX_ENTRIES", 4)
    patch.setattr(segment, "MAX_SEGMENTS_TO_KEYFRAME", 3)


@pytest.fixture(scope="module")
def _small_segments() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shrink_segments(patch)
        yield
