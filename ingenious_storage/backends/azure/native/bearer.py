"""Bearer tokens: each request has the process's token of its identity, and asks again once when
the service refuses it.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ingenious_storage.backends.rest.calls import UnsignedError
from ingenious_storage.errors import StorageError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

    from ingenious_storage.backends.azure.credentials import SharedToken
    from ingenious_storage.backends.rest.calls import Request
    from ingenious_storage.http.answers import Response

SCOPE: Final = "https://storage.azure.com/.default"
"""Of all clouds. A challenge may name another, which is not believed: who answers could then ask
for a token that opens more than the storage.
"""
_PARAMETER: Final = re.compile(r'([a-z_]+)="?([^",\s]+)')


class Bearer:
    """Adds the token of an identity."""

    def __init__(self, token: SharedToken) -> None:
        from azure.core.exceptions import AzureError  # noqa: PLC0415  # a credential has loaded it

        self._token = token
        self._errors = (AzureError, OSError, ValueError)

    @property
    def source(self) -> str:
        """The class of azure-identity that gave the token."""
        return self._token.source

    def token(self) -> AccessToken:
        """The token that requests have now. Raises: UnsignedError."""
        try:
            return self._token.get_token(SCOPE)
        except StorageError:
            raise
        except self._errors as error:
            raise _explained(error) from error

    def sign(self, request: Request) -> None:
        """Adds `Authorization`. Raises: UnsignedError."""
        request.headers["Authorization"] = f"Bearer {self.token().token}"

    def renew(self, request: Request, answer: Response) -> bool:
        """Whether there is another token now than the one that was refused.

        It is asked for as the challenge says: with the claims of continuous access evaluation, or
        from the tenant that the account trusts. Raises: UnsignedError.
        """
        refused = request.headers["Authorization"].removeprefix("Bearer ")
        asked = _challenge(answer.headers.get("www-authenticate", ""))
        try:
            return self._token.renew(refused, SCOPE, **asked)
        except StorageError:
            raise
        except self._errors as error:
            raise _explained(error) from error


def _explained(error: Exception) -> UnsignedError:
    from ingenious_storage.backends.azure.sdk.errors import without_answer  # noqa: PLC0415

    return UnsignedError(*without_answer(error))


def _challenge(header: str) -> dict[str, str]:
    """What to ask for: `claims`, or a `tenant_id`, or nothing but another token."""
    found = dict(_PARAMETER.findall(header))
    claims = found.get("claims")
    if claims is not None:
        try:
            padded = claims + "=" * (-len(claims) % 4)
            return {"claims": base64.urlsafe_b64decode(padded).decode()}
        except ValueError:
            return {}
    tenant = urlsplit(found.get("authorization_uri", "")).path.strip("/").partition("/")[0]
    return {"tenant_id": tenant} if tenant else {}
