"""Adapter for Pydantic AI (pydantic-ai-slim): conversations that are kept in a storage.

docs/frameworks/pydantic-ai-conversations.md says what is kept where, and what it costs.
"""

from ingenious_storage.adapters.pydantic_ai.log import EntryNotFoundError
from ingenious_storage.adapters.pydantic_ai.store import StorageConversationStore

__all__ = ["EntryNotFoundError", "StorageConversationStore"]
