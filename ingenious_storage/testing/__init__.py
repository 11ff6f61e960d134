"""Contracts of backends and layers, for the tests of new ones. Needs pytest."""

import pytest

pytest.register_assert_rewrite("ingenious_storage.testing.contract")

# Imported after the line that makes pytest explain their assertions.
from ingenious_storage.testing.contract import BackendContract, TransformContract  # noqa: E402
from ingenious_storage.testing.oracle import Oracle, TransformOracle  # noqa: E402

__all__ = ["BackendContract", "Oracle", "TransformContract", "TransformOracle"]
