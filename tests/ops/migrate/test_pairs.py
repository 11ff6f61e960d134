"""Migrations from each store to each other one, and what lies there, read without our code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.migrate.verification import verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import JSON, Properties, PutOptions
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.testing import Oracle
from tests.library.backends.azure.oracle import SdkOracle
from tests.library.backends.local.oracle import FolderOracle
from tests.library.backends.s3.oracle import BotocoreOracle
from tests.ops.migrate.harness import Migration, counts, data_of, sha256
from tests.support.gcs import BucketOracle
from tests.support.stores import QUICK, running

MIB = 1024 * 1024
FILES = {
    "conversations/a/memory.json": b'{"messages":[]}',
    "empty": b"",
    "odd/100% +&=#?'/漢字 ä.txt": b"odd",
    "binary": bytes(range(256)) * 64,
    "large": bytes(range(251)) * (9 * MIB // 251),
}
STORES = ("local", *QUICK)
ROUND = tuple(pairwise((*STORES, "local")))
"""Of every run: each store is once what is read, and once what is written."""
PROPERTIES = Properties(
    content_language="de", cache_control="max-age=60", metadata={"owner": "ann"}
)


class Place:
    """A container on one store, and eyes of its own for what is in it."""

    def __init__(
        self, name: str, container: str, request: pytest.FixtureRequest, folder: Path
    ) -> None:
        self.container = container
        if name == "local":
            self._settings = {"type": "local", "base_path": folder}
            self._oracle: Oracle = FolderOracle(folder / container)
            return
        store = running(name, request)
        self._settings = {"type": store.type, store.api: store.section}
        server = request.getfixturevalue(name)
        oracles: Mapping[str, Any] = {"azure": SdkOracle, "s3": BotocoreOracle}
        if store.api == "gcs":
            self._oracle = BucketOracle(server.endpoint, container)
        else:
            self._oracle = oracles[store.api](server, container)

    @contextmanager
    def storage(self) -> Iterator[Storage]:
        names = {
            "container_data": self.container,
            "container_revisions": f"{self.container[:50]}-other",
        }
        with Storage(Settings(storage=StorageSettings(**self._settings, **names))) as storage:
            yield storage

    def hashes(self) -> dict[str, str]:
        keys = self._oracle.keys()
        return {key: sha256(self._oracle.read(key) or b"") for key in keys}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(one, two, marks=[] if (one, two) in ROUND else pytest.mark.slow)
        for one, two in permutations(STORES, 2)
    ],
)
def test_from_each_store_to_each(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str, source: str, target: str
) -> None:
    one = Place(source, container_name, request, tmp_path / "one")
    two = Place(target, f"{container_name[:50]}-two", request, tmp_path / "two")
    with one.storage() as there, two.storage() as here:
        there.data.ensure_container()
        for key, data in FILES.items():
            there.data.backend.put(key, data, PutOptions(JSON, PROPERTIES))
        migration = Migration(data_of(there), data_of(here), tmp_path / "journal")
        assert counts(migration()) == {"copied": len(FILES)}
        assert verify(migration.ends).passed
        assert counts(migration()) == {"unchanged": len(FILES)}
        kept = there.data.backend.keeps_properties and here.data.backend.keeps_properties
        for key in FILES if kept else ():
            found = here.data.backend.head(key)
            assert (found.content_type, found.properties) == (JSON, PROPERTIES)
    assert two.hashes() == one.hashes() == {key: sha256(data) for key, data in FILES.items()}
