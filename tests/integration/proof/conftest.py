from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingenious_storage.documents.format import segment
from tests.integration.proof.install import install
from tests.support.golang import NotBuiltError

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With layers no case is done that is slow without them."""
    items[:] = [
        item
        for item in items
        if not (
            item.path.is_relative_to(FOLDER)
            and "layered" in item.name
            and len([*item.iter_markers("slow")]) > 1
        )
    ]


@pytest.fixture(scope="session")
def checker() -> Path:
    """The program that judges histories; without Go the tests skip, but not in CI."""
    try:
        return install()
    except NotBuiltError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that documents which are purged after a dozen revisions have sealed some."""
    monkeypatch.setattr(segment, "MAX_ENTRIES", 4)
    monkeypatch.setattr(segment, "MAX_SEGMENTS_TO_KEYFRAME", 3)
