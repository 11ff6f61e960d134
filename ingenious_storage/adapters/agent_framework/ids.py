"""Ids: which text names one session of the framework, and what its documents are kept under."""

from __future__ import annotations

from typing import Final

from ingenious_storage.errors import InvalidKeyError

FRAMEWORK: Final = "agent-framework"


def checked_id(session_id: str | None) -> str:
    """An id that names one session. Raises: InvalidKeyError, a ValueError, for none."""
    if isinstance(session_id, str) and session_id:
        return session_id
    raise InvalidKeyError(
        f"session_id is {session_id!r}, and one place for all who have none would mix them",
        hint="Pass a session: agent.run(..., session=agent.create_session(session_id=...)).",
    )
