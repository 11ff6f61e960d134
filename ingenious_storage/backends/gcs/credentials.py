"""Credentials of GCS by google-auth, and the token that all threads share."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from ingenious_storage.backends.rest.renewing import Lent, Renewing
from ingenious_storage.errors import (
    AuthenticationError,
    ConfigurationError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.gcs import GcsAccount

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
"""What a token may be used for is the matter of its identity's roles."""
_NOBODY: Final = (
    "Name a file in storage.gcs.credentials_file or GOOGLE_APPLICATION_CREDENTIALS, or run "
    "`gcloud auth application-default login`; for an emulator set storage.gcs.anonymous to true."
)
_FILE: Final = "A service account's key, an external account, or what gcloud wrote: JSON."
_REFUSED: Final = (
    "The credential is refused: it may have been revoked or disabled, or this machine's clock is "
    "wrong."
)
_EXTRA: Final = (
    "Run pip install 'ingenious-storage[gcs]'; for an emulator set storage.gcs.anonymous to true."
)
_ODD: Final = (OSError, ValueError, LookupError, TypeError, AttributeError)
"""What google-auth raises, besides errors of its own, of files that it did not expect."""
_TOKEN: Final = re.compile(r"[!-~]+")
_SHOWN: Final = 200
"""Characters of what google-auth says of files and variables, which it quotes by name only."""

LoadCredentials = Callable[["GcsAccount"], tuple[Any, str | None]]
"""google-auth's credentials of an account, and the project that they name."""


class GoogleCredential(Unpickled):
    """Who asks: found when it is first needed, and renewed ahead of its end by one thread.

    Args:
        load: stands in for `load_credentials`.
    """

    def __init__(self, account: GcsAccount, *, load: LoadCredentials | None = None) -> None:
        self._account, self._load = account, load or load_credentials
        self._guard = forks.new_lock()
        self._found: tuple[Any, str | None] | None = None
        self._quota: str | None = None
        self._was_asked = False
        self._token = Renewing(self._ask)

    def bearer(self) -> str:
        """The value of the header `Authorization`. Raises: StorageError."""
        return self._token.get()

    def replace(self, refused: str) -> str:
        """Another one than the service has just refused. Raises: StorageError."""
        return self._token.replace(refused)

    @property
    def project(self) -> str | None:
        """The project that the credential belongs to, as far as it says so."""
        return self._credentials()[1]

    @property
    def quota_project(self) -> str | None:
        """The project whose quota counts, where a user's own login names one; known since the
        first token.
        """
        return self._quota

    def _credentials(self) -> tuple[Any, str | None]:
        with self._guard:
            if self._found is None:
                self._found = self._load(self._account)
                self._quota = getattr(self._found[0], "quota_project_id", None)
            return self._found

    def _ask(self) -> Lent[str]:
        from ingenious_storage.backends.gcs.transport import TokenTransport  # noqa: PLC0415

        credentials, _ = self._credentials()
        # An external account has a token already when it was found.
        if self._was_asked or not getattr(credentials, "valid", False):
            with translated():
                credentials.refresh(TokenTransport(self._account))
        self._was_asked = True
        token = credentials.token
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise AuthenticationError("google-auth gives a token that is none", hint=_REFUSED)
        expiry = credentials.expiry  # without a zone, in UTC
        ends = math.inf if expiry is None else expiry.replace(tzinfo=UTC).timestamp()
        return Lent(f"Bearer {token}", ends)


def load_credentials(account: GcsAccount) -> tuple[Any, str | None]:
    """Those of the account's file, else application default credentials.

    Raises: ConfigurationError, AuthenticationError, UnavailableError.
    """
    try:
        import google.auth  # noqa: PLC0415
        from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415

        from ingenious_storage.backends.gcs.transport import LoadingTransport  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError("storage.gcs needs google-auth", hint=_EXTRA) from error
    auth: Any = google.auth
    request, path = LoadingTransport(account), account.credentials_file
    found: tuple[Any, str | None]
    with translated(), warnings.catch_warnings():
        # It warns of files from strangers: this one was named by who runs the program.
        warnings.simplefilter("ignore", DeprecationWarning)
        if path is None:
            found = auth.default(scopes=[SCOPE], request=request)
            return found
        try:
            found = auth.load_credentials_from_file(str(path), [SCOPE], request=request)
        except (DefaultCredentialsError, *_ODD) as error:
            raise ConfigurationError(
                f"storage.gcs.credentials_file: {path} is no credential ({type(error).__name__})",
                hint=_FILE,
            ) from error
        return found


@contextmanager
def translated() -> Iterator[None]:
    """Raise the errors of google-auth as StorageErrors; what a server answered is not quoted."""
    from google.auth import exceptions  # noqa: PLC0415

    try:
        yield
    except StorageError:
        raise
    except exceptions.DefaultCredentialsError as error:
        why = str(error.args[0] if error.args else "")[:_SHOWN]
        raise AuthenticationError(
            f"google-auth finds no credential: {why}", hint=_NOBODY
        ) from error
    except exceptions.TransportError as error:
        raise UnavailableError(
            f"no token ({error.__cause__ or type(error).__name__})",
            hint="Can this machine reach Google's token service? Check DNS and the proxy.",
            outcome_unknown=False,
        ) from error
    except (exceptions.GoogleAuthError, *_ODD) as error:
        # A server's trouble while it makes a token is told as a refusal that may be tried again.
        if getattr(error, "retryable", False):
            raise UnavailableError(
                f"no token: {type(error).__name__}", outcome_unknown=False
            ) from error
        raise AuthenticationError(
            f"google-auth gives no token ({type(error).__name__})", hint=_REFUSED
        ) from error
