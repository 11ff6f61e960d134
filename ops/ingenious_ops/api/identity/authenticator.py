"""Authenticator: the principal of a request."""

from __future__ import annotations

import base64
import hmac
import re
import time
from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection

from ingenious_ops.api.errors import ForbiddenError, UnauthenticatedError
from ingenious_ops.api.identity.api_keys import NAMED, PREFIX, ApiKeys
from ingenious_ops.api.identity.issuer import Issuer
from ingenious_ops.api.identity.principal import ANONYMOUS, Principal
from ingenious_ops.api.identity.sign_in import SignIn
from ingenious_ops.api.identity.tokens import Tokens
from ingenious_ops.api.identity.transport import is_of_other_page
from ingenious_ops.api.methods import SAFE
from ingenious_storage.config import Settings

_HINT: Final = "Name its origin in `api.cors_origins`, or configure `api.issuer` or `api.keys`."
_KEY: Final = b"x-api-key"
_HEADERS: Final = (b"authorization", _KEY)
_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # token68 of RFC 9110


class Authenticator:
    """Recognises who asks, by what the section `api:` says. Belongs to one application."""

    def __init__(
        self,
        settings: Settings,
        *,
        issuer: Issuer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.is_open: Final = settings.api.is_open
        """Whether nobody has to say who they are: then only loopback is served."""
        self._origins: Final = settings.api.cors_origins
        self._keys: Final = ApiKeys(settings.api.keys, clock=clock)
        self._issuer: Issuer | None = None
        self._tokens: Tokens | None = None
        self.sign_in: SignIn | None = None
        """How people sign in to the console at the issuer; None without `api.client_id`."""
        if settings.api.issuer is not None:
            self._issuer = issuer or Issuer(settings)
            self._tokens = Tokens(settings.api, self._issuer, clock=clock)
            if settings.api.client_id is not None:
                self.sign_in = SignIn(settings, self._issuer, self._tokens, clock=clock)

    def prepare(self) -> None:
        """Begin to fetch what the issuer publishes, when a server starts."""
        if self._issuer is not None:
            self._issuer.prepare()

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Who asks: by one of the headers Authorization and X-API-Key.

        Raises: UnauthenticatedError; UnavailableError when nobody can say whether a token counts;
            ForbiddenError for a change by a page of somebody else, where no credential is needed.
        """
        if self.is_open:
            self._refuse_other_pages(connection)
            return ANONYMOUS
        sent = [line for line in connection.scope["headers"] if line[0] in _HEADERS]
        if len(sent) != 1:
            raise _not_one(len(sent))
        [(name, value)] = sent
        if name == _KEY:
            return self._by_key(value.decode("latin-1"))
        scheme, _, credential = value.decode("latin-1").partition(" ")
        if scheme.lower() == "basic":
            return self._by_password(credential.strip(), connection)
        if scheme.lower() != "bearer":
            raise UnauthenticatedError("the scheme of the Authorization header is not Bearer")
        return await self.recognise(credential.strip())

    def _refuse_other_pages(self, connection: HTTPConnection) -> None:
        """Without a credential, any page of the web could have a browser here send a request."""
        is_change = connection.scope.get("method") not in SAFE
        if is_change and is_of_other_page(connection, self._origins):
            raise ForbiddenError(
                "a page of another origin sent the request", hint=_HINT, reason="elsewhere"
            )

    async def recognise(self, credential: str) -> Principal:
        """Whose API key or token this is. Raises as `principal` does."""
        if self.is_open:
            return ANONYMOUS
        if not _CREDENTIAL.fullmatch(credential):
            raise UnauthenticatedError("the credential is neither an API key nor a token")
        if self._tokens is None or credential.startswith(PREFIX):
            return self._by_key(credential)
        return await self._tokens.principal(credential)

    def _by_key(self, key: str) -> Principal:
        principal = self._keys.principal(key)
        if principal is None:
            raise UnauthenticatedError(
                "the API key is not known, or expired",
                reason="expired" if self._keys.is_expired(key) else "bad_credential",
            )
        return principal

    def _by_password(self, sent: str, connection: HTTPConnection) -> Principal:
        """Basic, for clients that know nothing else: the name of a key, and the key as password.

        Not of a browser, which would send it again by itself for a page of somebody else.
        """
        if "sec-fetch-site" in connection.headers:
            raise UnauthenticatedError("a browser may not use the scheme Basic")
        try:
            name, _, key = base64.b64decode(sent, validate=True).decode().partition(":")
        except ValueError:
            raise UnauthenticatedError("the Authorization header is not valid") from None
        principal = self._by_key(key)
        if not hmac.compare_digest(principal.name.encode(), (NAMED + name).encode()):
            raise UnauthenticatedError("the API key has another name")
        return principal


def _not_one(sent: int) -> UnauthenticatedError:
    if sent:
        return UnauthenticatedError("the request has several credentials")
    return UnauthenticatedError("the request has no credential", reason="no_credential")
