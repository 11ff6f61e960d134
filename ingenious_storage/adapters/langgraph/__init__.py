"""Adapters for LangGraph: threads (`StorageSaver`) and long-term memory (`StorageStore`)."""

from ingenious_storage.adapters.langgraph.saver import StorageSaver
from ingenious_storage.adapters.langgraph.store import StorageStore

__all__ = ["StorageSaver", "StorageStore"]
