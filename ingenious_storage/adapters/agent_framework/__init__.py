"""Adapter for Microsoft Agent Framework (agent-framework-core): histories, and sessions.

docs/frameworks/agent-framework.md says what is kept where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingenious_storage.adapters.agent_framework.history import StorageHistoryProvider

if TYPE_CHECKING:
    from ingenious_storage.adapters.agent_framework.sessions import StorageSessionStore

__all__ = ["StorageHistoryProvider", "StorageSessionStore"]


def __getattr__(name: str) -> Any:
    """The session store when it is asked for: its base is experimental, and warns of that once."""
    if name == "StorageSessionStore":
        from ingenious_storage.adapters.agent_framework import sessions  # noqa: PLC0415

        return sessions.StorageSessionStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
