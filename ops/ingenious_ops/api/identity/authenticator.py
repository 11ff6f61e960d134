"""Authenticator: the principal of a request."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from ingenious_ops.api.identity.principal import ANONYMOUS, Principal
from ingenious_storage.config import ApiSettings


class Authenticator:
    """Recognises who asks, by what the section `api:` says. Belongs to one application."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who they are: then only loopback is served."""
        return self._settings.is_open

    async def recognise(self, credential: str) -> Principal:
        """Whose API key or token this is. Raises: UnauthenticatedError."""
        return ANONYMOUS

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Who asks. Raises: UnauthenticatedError."""
        return ANONYMOUS
