"""Backend contract: what every backend, every layer and the full stack must do, as tests.

A backend's test file is this::

    class TestMyBackend(BackendContract):
        @pytest.fixture
        def backend(self) -> Iterator[Backend]:
            backend = MyBackend(...)  # on an empty container that exists
            yield backend
            backend.close()

        @pytest.fixture
        def oracle(self, backend: MyBackend) -> Oracle:
            return MyOracle(...)
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import ContainerNotFoundError
from ingenious_storage.testing.contract.capabilities import lacks
from ingenious_storage.testing.contract.conditions import ConditionContract
from ingenious_storage.testing.contract.keys import KeyContract
from ingenious_storage.testing.contract.large_objects import LargeObjectContract
from ingenious_storage.testing.contract.listing import ListingContract
from ingenious_storage.testing.contract.objects import ObjectContract
from ingenious_storage.testing.contract.races import RaceContract


class BackendContract(
    ObjectContract,
    ConditionContract,
    LargeObjectContract,
    KeyContract,
    ListingContract,
    RaceContract,
):
    """Subclass it and give the fixtures `backend` and `oracle`.

    What the store cannot do it says by the class attributes of `Capabilities`.
    """

    @pytest.fixture
    def backend_without_container(self) -> Any:
        """Optional: a backend whose container does not exist yet, but can be made."""
        pytest.skip("no fixture backend_without_container")

    def test_what_it_says_of_itself(self, backend: Backend) -> None:
        assert backend.keeps_properties is self.keeps_content_type
        assert backend.lists_properties is self.lists_properties
        assert backend.reads_properties is self.reads_properties
        assert backend.lists_sizes is self.lists_sizes
        assert backend.random_access is self.random_access

    def test_container_is_there_and_stays(self, backend: Backend) -> None:
        backend.put("k", b"kept")
        assert backend.container_exists()
        assert backend.ensure_container() is False
        assert backend.get("k").data == b"kept"

    def test_missing_container_is_told_from_a_missing_blob(
        self, backend_without_container: Backend
    ) -> None:
        backend = backend_without_container
        assert not backend.container_exists()
        writes = {"put", "upload"}
        calls: dict[str, Callable[[], object]] = {
            "get": lambda: backend.get("k"),
            "put": lambda: backend.put("k", b""),
            "head": lambda: backend.head("k"),
            "delete": lambda: backend.delete("k"),
            "list": backend.list,
            "upload": lambda: backend.upload("k", io.BytesIO()),
        }
        for operation, call in calls.items():
            if operation in writes and not self.tells_missing_container:
                continue
            with pytest.raises(ContainerNotFoundError) as caught:
                call()
            assert caught.value.operation == operation
        assert not backend.container_exists()
        if not self.tells_missing_container:
            backend.put("k", b"")
            assert backend.container_exists()
            lacks("a refusal of writes into a container that is not there")

    def test_container_is_made_once(self, backend_without_container: Backend) -> None:
        assert backend_without_container.ensure_container() is True
        assert backend_without_container.ensure_container() is False
        assert backend_without_container.container_exists()
        backend_without_container.put("k", b"works")
        assert backend_without_container.get("k").data == b"works"

    def test_close_twice(self, backend: Backend) -> None:
        backend.put("k", b"v")
        backend.close()
        backend.close()
