"""The whole contract for what `Storage` builds, over each store with an HTTP API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Settings
from ingenious_storage.testing import BackendContract, Oracle
from tests.support.on_servers import OnAzurite, OnFakeGcs, OnVersitygw
from tests.support.stores import RunningStore

pytestmark = pytest.mark.slow


class StackContract(BackendContract):
    @pytest.fixture
    def backend_without_container(
        self, store: RunningStore, container_name: str
    ) -> Iterator[Backend]:
        settings = store.settings(
            container_data=container_name, container_revisions=f"{container_name[:50]}-other"
        )
        with Storage(Settings(storage=settings)) as storage:
            yield storage.data.backend

    @pytest.fixture
    def backend(self, backend_without_container: Backend) -> Backend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, stored: Oracle) -> Oracle:
        return stored


class TestAzurite(OnAzurite, StackContract): ...


class TestVersitygw(OnVersitygw, StackContract): ...


class TestFakeGcs(OnFakeGcs, StackContract): ...


del StackContract, BackendContract  # pytest would run them too
