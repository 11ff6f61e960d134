"""For the tests of new backends, and of programs that use this library. Needs pytest."""

import pytest

pytest.register_assert_rewrite(
    "ingenious_storage.testing.contract",
    "ingenious_storage.testing.contract_listing",
    "ingenious_storage.testing.contract_objects",
    "ingenious_storage.testing.contract_races",
    "ingenious_storage.testing.contract_transforms",
)

# Imported after the line that makes pytest explain their assertions.
from ingenious_storage.testing.contract import BackendContract  # noqa: E402
from ingenious_storage.testing.contract_transforms import TransformContract  # noqa: E402
from ingenious_storage.testing.oracle import Oracle, TransformOracle  # noqa: E402

__all__ = ["BackendContract", "Oracle", "TransformContract", "TransformOracle"]
