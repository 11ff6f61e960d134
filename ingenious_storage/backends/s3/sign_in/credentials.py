"""Credentials: the key that signs, from the configuration or found by botocore.

botocore knows all the places where AWS puts keys (profiles, IAM Identity Center, roles of
containers, pods and machines, programs) and costs a fifth of a second to import, so it is imported
only where no key is given.
"""

from __future__ import annotations

import logging
import math
import os
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakValueDictionary

from ingenious_storage.backends.rest.renewing import Lent, Renewing
from ingenious_storage.backends.s3.sign_in.quiet import quietly
from ingenious_storage.backends.s3.sign_in.signing import AccessKey
from ingenious_storage.errors import AuthenticationError, ConfigurationError
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.s3 import S3Account

_INSTALL: Final = "pip install 'ingenious-storage[s3]', or set storage.s3.access_key_id."
_SIGN_IN: Final = (
    "Set storage.s3.profile or AWS_PROFILE, sign in (`aws sso login`), or attach a role to this "
    "machine, container or pod; `aws sts get-caller-identity` says who is found."
)
# botocore tells of its searches at INFO; what we need of it is raised.
logging.getLogger("botocore").addHandler(logging.NullHandler())


class Credentials(Protocol):
    """Who gives the key to sign with. Thread-safe."""

    @property
    def source(self) -> str:
        """Where the key is from, for people."""

    @property
    def ends(self) -> float:
        """When the key has to be replaced, in seconds since the epoch; `math.inf` for never."""

    def get(self) -> AccessKey:
        """The key. Raises: AuthenticationError, ConfigurationError."""

    def replace(self, refused: AccessKey) -> AccessKey:
        """Another key than one that has ended; the same where there is no other."""

    def region(self) -> str | None:
        """The region that goes with the key, where its source names one."""


class GivenKey(Unpickled):
    """The key of the configuration."""

    source = "storage.s3.access_key_id"
    ends = math.inf

    def __init__(self, key: AccessKey) -> None:
        self._key = key

    def get(self) -> AccessKey:
        """The key, always the same."""
        return self._key

    def replace(self, refused: AccessKey) -> AccessKey:
        """There is no other."""
        return refused

    def region(self) -> None:
        """It names none."""


class FoundKey(Unpickled):
    """The key that botocore finds, shared by all threads and renewed ahead of its end."""

    def __init__(self, profile: str | None) -> None:
        self._profile = profile
        self._forget()
        self._key = Renewing(partial(quietly, self._ask))
        # A child must not wait for a lock of botocore that a thread of its parent held.
        forks.in_child(self._forget)

    def _forget(self) -> None:
        self._session: Any = None
        self._found: Any = None

    @property
    def source(self) -> str:
        """What botocore calls the place where it found the key; "" before it was asked."""
        return "" if self._found is None else f"botocore: {self._found.method}"

    @property
    def ends(self) -> float:
        """The end of the key that is held."""
        return self._key.ends

    def get(self) -> AccessKey:
        """The key. Raises: AuthenticationError, ConfigurationError."""
        return self._key.get()

    def replace(self, refused: AccessKey) -> AccessKey:
        """Ask again from the beginning: the files may hold another key now."""
        self._forget()
        return self._key.replace(refused)

    def region(self) -> str | None:
        """That of the profile. Raises: ConfigurationError."""
        botocore = _botocore()
        try:
            region: str | None = self._opened(botocore).get_config_variable("region")
        except botocore.exceptions.BotoCoreError as error:
            raise _unusable(error) from error
        return region

    def _opened(self, botocore: Any) -> Any:
        session = self._session
        if session is None:
            session = self._session = botocore.session.Session(profile=self._profile)
        return session

    def _ask(self) -> Lent[AccessKey]:
        botocore = _botocore()
        try:
            found = self._opened(botocore).get_credentials()
            if found is None:
                self._forget()  # a session keeps the places where it looks
                raise AuthenticationError("botocore found no key to sign in with", hint=_SIGN_IN)
            # What expires is renewed by botocore when it is looked at.
            key = found.get_frozen_credentials()
        except botocore.exceptions.ProfileNotFound as error:
            raise _unusable(error) from error
        except (botocore.exceptions.BotoCoreError, OSError, ValueError) as error:
            if isinstance(error, AuthenticationError):
                raise
            raise AuthenticationError(
                f"botocore could not sign in: {type(error).__name__}: {error}", hint=_SIGN_IN
            ) from error
        self._found = found
        made = AccessKey(key.access_key, key.secret_key, key.token or None)
        ends = getattr(found, "_expiry_time", None)  # no public call tells it
        return Lent(made) if ends is None else Lent(made, ends.timestamp())


def _unusable(error: Exception) -> ConfigurationError:
    return ConfigurationError(f"botocore: {error}", hint="Check storage.s3.profile and ~/.aws.")


def _botocore() -> Any:
    try:
        import botocore.exceptions  # noqa: PLC0415  # half a second, and an extra
        import botocore.session  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "storage.type is s3 and no key is given, but botocore is not installed", hint=_INSTALL
        ) from error
    return botocore


_found: Final[WeakValueDictionary[str | None, FoundKey]] = WeakValueDictionary()
_guard: Final = forks.new_lock()


def credentials_of(account: S3Account) -> Credentials:
    """Those of an account; what botocore finds is found once in a process."""
    secret, token = account.secret_access_key, account.session_token
    if account.access_key_id is not None and secret is not None:
        text = None if token is None else token.get_secret_value()
        return GivenKey(AccessKey(account.access_key_id, secret.get_secret_value(), text))
    name = account.profile
    with _guard:
        found = _found.get(name)
        if found is None:
            found = _found[name] = FoundKey(name)
        return found


def region_of(account: S3Account, credentials: Credentials) -> str:
    """The region to sign for. Raises: ConfigurationError when nothing names one."""
    region = (
        account.region
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION")
        or credentials.region()
        or ("us-east-1" if account.endpoint is not None else None)
    )
    if region is None:
        raise ConfigurationError(
            "storage.type is s3, and no region is named",
            hint="Set storage.s3.region, or AWS_REGION; for a service that is not AWS's "
            "storage.s3.endpoint (storage.endpoint is that of Azure).",
        )
    return region
