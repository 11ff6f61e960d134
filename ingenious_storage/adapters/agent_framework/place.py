"""Place: the documents of this framework on a storage, which is opened by the first call."""

from __future__ import annotations

from typing import Final

from ingenious_storage import documents
from ingenious_storage.arguments import of_kind
from ingenious_storage.errors import InvalidKeyError, NotFoundError
from ingenious_storage.services.agents import AgentDocuments
from ingenious_storage.storage import Storage, default_storage

FRAMEWORK: Final = "agent-framework"
_MAKE_ONE: Final = "Storage.from_config() makes one; None is the configured one"


class Place:
    """Where a provider or a store keeps what it is given.

    Args:
        storage: None for the one that the configuration names, at the time of each call.
    """

    def __init__(self, storage: Storage | None) -> None:
        self._storage = None if storage is None else of_kind(storage, Storage, _MAKE_ONE)

    def documents(self) -> AgentDocuments:
        """Those of the framework. Raises: ConfigurationError."""
        return (self._storage or default_storage()).agents(FRAMEWORK)

    def delete(self, *parts: str, leaf: str, erase: bool) -> None:
        """Delete one that may be missing; `erase` with its history, for good."""
        at = self.documents()
        key = at.key(*parts, leaf=leaf)
        try:
            if erase:
                documents.purge(at.store, key)
            else:
                at.store.delete(key)
        except NotFoundError:
            return


def checked_id(session_id: str | None) -> str:
    """An id that names one session. Raises: InvalidKeyError, a ValueError, for none."""
    if isinstance(session_id, str) and session_id:
        return session_id
    raise InvalidKeyError(
        f"session_id is {session_id!r}, and one place for all who have none would mix them",
        hint="Pass a session: agent.run(..., session=agent.create_session(session_id=...)).",
    )
