"""Contracts: what every backend, every layer and the full stack must do, as tests."""

from ingenious_storage.testing.contract.backend import BackendContract
from ingenious_storage.testing.contract.transforms import TransformContract

__all__ = ["BackendContract", "TransformContract"]
