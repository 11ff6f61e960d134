"""Sessions: who is signed in to the console, in a cookie that only this program can read or make.

The cookie goes to `/console` alone, and the API never looks at it. Forms carry a token that belongs
to the session, and the browser has to say that they come from a page of ours.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.requests import HTTPConnection

from ingenious_ops.api.errors import ForbiddenError
from ingenious_ops.api.identity.api_keys import ApiKeys
from ingenious_ops.api.identity.cookies import cookie_of, set_cookie
from ingenious_ops.api.identity.principal import ANONYMOUS, Access, Principal
from ingenious_ops.api.identity.seals import Seal, derived
from ingenious_ops.api.identity.transport import is_same_origin
from ingenious_storage.config import ApiSettings

FIELD: Final = "csrf"
"""The field of a form that holds its token."""
HEADER: Final = "X-CSRF-Token"
"""The header that holds it where there is no form."""
_NOBODY: Final = "nobody"
_COOKIE: Final = "ingenious_session"
_PATH: Final = "/console"


class Sessions:
    """The sessions of one application; several with one `api.session_secret` share them."""

    def __init__(self, settings: ApiSettings, *, clock: Callable[[], float] = time.time) -> None:
        self._is_open: Final = settings.is_open
        self._seconds: Final = settings.session_hours * 3600
        self._keys: Final = ApiKeys(settings.keys, clock=clock)
        self._clock: Final = clock
        secret = settings.session_secret
        self._seal: Final = Seal(secret, "session", clock=clock)
        self._csrf_key: Final = derived(secret, "csrf")

    def begin(self, principal: Principal, connection: HTTPConnection) -> str:
        """The value of Set-Cookie that signs `principal` in, for the configured hours at most."""
        now = self._clock()
        ends = now + self._seconds
        if principal.expires is not None:
            ends = min(ends, principal.expires)
        content = {
            "id": secrets.token_hex(16),
            "name": principal.name,
            "grants": {name: int(access) for name, access in principal.grants.items()},
            "api_key": principal.api_key,
        }
        sealed = self._seal.sealed(content, ends=ends)
        return set_cookie(connection, _COOKIE, sealed, path=_PATH, max_age=max(0, int(ends - now)))

    def end(self, connection: HTTPConnection) -> str:
        """The value of Set-Cookie that signs out."""
        return set_cookie(connection, _COOKIE, "", path=_PATH, max_age=0)

    def principal(self, connection: HTTPConnection) -> Principal | None:
        """Who is signed in, None for nobody; anonymous where nobody has to sign in."""
        if self._is_open:
            return ANONYMOUS
        content = self._content(connection)
        if content is None:
            return None
        if content["api_key"] is not None:
            return self._keys.renewed(content["name"], content["api_key"])
        grants = {name: Access(access) for name, access in content["grants"].items()}
        return Principal(content["name"], grants, content["ends"])

    def csrf(self, connection: HTTPConnection) -> str:
        """A token for the forms of a page; another each time, so that nothing is gained by it."""
        nonce = secrets.token_urlsafe(12)
        return f"{nonce}.{self._signature(connection, nonce)}"

    def check(self, connection: HTTPConnection, form: Mapping[str, Any]) -> None:
        """Whether a form was sent by a page of ours, in this session. Raises: ForbiddenError."""
        if not is_same_origin(connection):
            raise ForbiddenError(
                "the form does not come from a page of this console",
                hint="Open the console and send it from there; a proxy has to keep Host.",
                reason="elsewhere",
            )
        token = form.get(FIELD) or connection.headers.get(HEADER)
        nonce, _, given = token.partition(".") if isinstance(token, str) else ("", "", "")
        if not hmac.compare_digest(given.encode(), self._signature(connection, nonce).encode()):
            raise ForbiddenError(
                "the page that sent the form is too old",
                hint="Load it again: somebody signed in or out, or the server was started again.",
                reason="expired",
            )

    def _signature(self, connection: HTTPConnection, nonce: str) -> str:
        content = None if self._is_open else self._content(connection)
        owner = _NOBODY if content is None else content["id"]
        said = f"{owner}.{nonce}".encode()
        return hmac.new(self._csrf_key, said, hashlib.sha256).hexdigest()

    def _content(self, connection: HTTPConnection) -> dict[str, Any] | None:
        return self._seal.opened(cookie_of(connection, _COOKIE))
