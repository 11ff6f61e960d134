"""Adapter for the OpenAI Agents SDK (openai-agents): sessions that are kept in a storage.

docs/frameworks/openai-agents.md says what is kept where, and what it costs.
"""

from ingenious_storage.adapters.openai_agents.session import StorageSession

__all__ = ["StorageSession"]
