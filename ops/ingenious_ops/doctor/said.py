"""Words of a chain of credentials: what each of them said, out of one message."""

from __future__ import annotations

from typing import Final

from ingenious_storage.errors import AuthenticationError, StorageError

_PROSE: Final = ("Attempted credentials", "To mitigate")


def attempts(error: StorageError) -> list[str]:
    """What each credential of a chain said, which azure-identity tells in lines of one message."""
    if not isinstance(error, AuthenticationError) or error.service_code is not None:
        return []
    text = str(getattr(error.__cause__, "message", ""))
    lines = [line.strip() for line in text.splitlines()[1:]]
    return [line for line in lines if line and not line.startswith(_PROSE)]
