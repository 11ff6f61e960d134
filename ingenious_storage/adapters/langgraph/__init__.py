"""Adapters for LangGraph: long-term memory (`StorageStore`) on a storage."""

from ingenious_storage.adapters.langgraph.store import StorageStore

__all__ = ["StorageStore"]
