"""Sign-in of people at the issuer: OpenID Connect, by an authorization code with PKCE.

What has to come back is sealed in a cookie of the browser that began, for ten minutes. It is Lax,
as the browser comes back from another site; it opens nothing.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request

from ingenious_ops.api.errors import UnauthenticatedError
from ingenious_ops.api.identity.cookies import cookie_of, set_cookie
from ingenious_ops.api.identity.fetching import Document, fetch
from ingenious_ops.api.identity.issuer import Issuer
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.identity.seals import Seal
from ingenious_ops.api.identity.tokens import Tokens
from ingenious_ops.api.identity.transport import is_private, is_secure, root_of
from ingenious_storage.config import Settings
from ingenious_storage.errors import UnavailableError

PATH: Final = "/console/login/issuer"
BACK: Final = f"{PATH}/back"
"""Where the issuer sends the browser: the redirect URI to register, behind the public address."""
_COOKIE: Final = "ingenious_sign_in"
_SECONDS: Final = 600
_SCOPES: Final = "openid profile email"
_CODE: Final = re.compile(r"[a-z_]{1,60}")
_AGAIN: Final = "Begin again at the page to sign in."


class SignIn:
    """Leads people to the issuer, and recognises who comes back. Belongs to one event loop."""

    def __init__(
        self,
        settings: Settings,
        issuer: Issuer,
        tokens: Tokens,
        *,
        clock: Callable[[], float] = time.time,
        fetch: Callable[..., Document] = fetch,
    ) -> None:
        self._api: Final = settings.api
        self._ca_file: Final = settings.storage.http.ca_file
        self._issuer, self._tokens, self._clock, self._fetch = issuer, tokens, clock, fetch
        self._seal: Final = Seal(settings.api.session_secret, "sign-in", clock=clock)

    async def begin(self, request: Request, target: str) -> tuple[str, str]:
        """The address at the issuer, and the value of Set-Cookie; `target` is where they go after.

        Raises: UnavailableError.
        """
        endpoint = await self._endpoint("authorization_endpoint")
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._api.client_id,
            "redirect_uri": _address(request),
            "scope": _SCOPES,
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "target": target[:1000]}
        sealed = self._seal.sealed(kept, ends=self._clock() + _SECONDS)
        cookie = self._set_cookie(request, sealed, max_age=_SECONDS)
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", cookie

    async def finish(self, request: Request) -> tuple[Principal, str]:
        """Who comes back, and where they wanted to go.

        Raises: UnauthenticatedError; UnavailableError when the issuer does not answer.
        """
        said, kept = request.query_params, self._seal.opened(cookie_of(request, _COOKIE))
        if kept is None or not _same(said.get("state", ""), kept["state"]):
            raise UnauthenticatedError("this sign-in began elsewhere, or too long ago", hint=_AGAIN)
        if not _same(said.get("iss", self._api.issuer or ""), self._api.issuer or ""):
            raise UnauthenticatedError("this is the answer of another issuer", hint=_AGAIN)
        if "code" not in said:
            reason = said.get("error", "")
            shown = reason if _CODE.fullmatch(reason) else "nothing"
            raise UnauthenticatedError(f"the issuer answered {shown}", hint=_AGAIN)
        token = await self._exchanged(request, said["code"], kept["verifier"])
        claims = await self._tokens.claims(token, (self._api.client_id or "",))
        if not _same(str(claims.get("nonce")), kept["nonce"]) or not self._is_for_us(claims):
            raise UnauthenticatedError("the token is of another sign-in", hint=_AGAIN)
        # How long the token is good says how soon it has to be looked at, not how long they stay.
        return replace(self._tokens.principal_of(claims), expires=None), kept["target"]

    def forget(self, request: Request) -> str:
        """The value of Set-Cookie when it is over."""
        return self._set_cookie(request, "", max_age=0)

    def _set_cookie(self, request: Request, value: str, *, max_age: int) -> str:
        return set_cookie(request, _COOKIE, value, path=PATH, max_age=max_age, same_site="Lax")

    def _is_for_us(self, claims: Mapping[str, Any]) -> bool:
        audience = claims["aud"]
        several = isinstance(audience, list) and len(audience) > 1
        party = claims.get("azp", None if several else self._api.client_id)
        return bool(party == self._api.client_id)

    async def _endpoint(self, name: str) -> str:
        url = (await self._discovery()).get(name)
        if not isinstance(url, str) or not is_private(url):
            raise UnavailableError(f"the discovery document of api.issuer has no good {name}")
        return url

    async def _discovery(self) -> Mapping[str, Any]:
        found = (await self._issuer.published()).discovery
        assert found is not None  # api.client_id is set
        return found.content

    async def _exchanged(self, request: Request, code: str, verifier: str) -> str:
        """The ID token that the issuer gives for the code."""
        secret = self._api.client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": _address(request),
            "client_id": self._api.client_id or "",
            "code_verifier": verifier,
        }
        if secret is not None:
            form["client_secret"] = secret.get_secret_value()
        url, body = await self._endpoint("token_endpoint"), urlencode(form).encode()
        try:
            # Once for each person and session; the thread is what the request of an issuer needs.
            found = await asyncio.to_thread(self._fetch, url, self._ca_file, body)
        except UnavailableError as error:
            raise UnauthenticatedError(
                f"the issuer gave no token: {error.message}", hint=_AGAIN
            ) from None
        token = found.content.get("id_token")
        if not isinstance(token, str) or not token.isascii():
            raise UnauthenticatedError("the issuer gave no ID token", hint=_AGAIN)
        return token


def _address(request: Request) -> str:
    scheme = "https" if is_secure(request) else "http"
    return f"{scheme}://{request.headers.get('host', '')}{root_of(request)}{BACK}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
