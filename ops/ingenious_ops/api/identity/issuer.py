"""Issuer: who signs tokens, with the addresses and the keys that it publishes.

Keys are kept for as long as the issuer says, and fetched again before that is over. When it does
not answer they are kept for a day: an outage of the issuer is none of the API. A key that is not
known is asked for at once, and then no more often than every 30 seconds, whatever tokens are sent.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from ingenious_ops.api.identity.fetching import Document, fetch
from ingenious_ops.api.identity.jwks import KeySet, PublicKey, key_set_of
from ingenious_storage.config import Settings
from ingenious_storage.errors import StorageError, UnavailableError

LOGGER: Final = "ingenious_storage.api"
DISCOVERY: Final = "/.well-known/openid-configuration"
HOUR: Final = 3600.0
MIN_AGE, USUAL_AGE, MAX_AGE = 300.0, HOUR, 24 * HOUR
"""How long keys are kept at least, when nothing is said, and at most, in seconds."""
STALE: Final = 24 * HOUR
"""How long they are kept beyond that while the issuer cannot be reached."""
PAUSE: Final = 5.0
"""After a failure, in seconds."""
KID_PAUSE: Final = 30.0
"""Between two requests for a key that is not known, in seconds."""
_AHEAD: Final = 0.8
_HINT: Final = "Check api.issuer, api.jwks_url, the network, and storage.http.ca_file."


@dataclass(frozen=True, slots=True)
class Published:
    """What an issuer published, and when that was fetched by the clock of the Issuer."""

    keys: KeySet
    at: float
    lifetime: float
    discovery: Document | None = None
    """None when `api.jwks_url` makes it needless, and nobody signs in by it."""


class Issuer:
    """The issuer of the configuration. May be used in any thread and any event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        fetch: Callable[..., Document] = fetch,
    ) -> None:
        self._name: Final = settings.api.issuer or ""
        self._jwks_url: Final = settings.api.jwks_url
        self._needs_discovery: Final = not self._jwks_url or settings.api.client_id is not None
        self._algorithms: Final = settings.api.algorithms
        self._ca_file: Final = settings.storage.http.ca_file
        self._clock, self._fetch = clock, fetch
        self._lock: Final = threading.Lock()
        self._held: Published | None = None
        self._flight: Future[Published] | None = None
        self._failed_at: float | None = None
        self._asked_at: float | None = None

    def prepare(self) -> None:
        """Begin to fetch, so that nobody waits for it, and the log soon says what is wrong."""
        if self._held is None:
            self._fly()

    async def keys(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token may be signed with, none for one that the issuer does not have.

        Raises: UnavailableError when its keys cannot be fetched, and were not within a day.
        """
        asked = self._clock()
        held = await self.published()
        found = held.keys.fitting(kid, algorithm)
        if not found and held.at < asked and self._may_ask():
            held = await self._renewed(held)
            found = held.keys.fitting(kid, algorithm)
        return found

    async def published(self) -> Published:
        """What the issuer published, not older than it says, as far as it can be reached.

        Raises: UnavailableError.
        """
        held = self._held
        if held is None:
            return await self._renewed(None)
        age = self._clock() - held.at
        if age >= held.lifetime:
            return await self._renewed(held)
        if age >= held.lifetime * _AHEAD and not self._has_just_failed():
            self._fly()
        return held

    def _may_ask(self) -> bool:
        """Whether a key that is not known may be asked for: once in KID_PAUSE."""
        now = self._clock()
        with self._lock:
            if self._asked_at is not None and now - self._asked_at < KID_PAUSE:
                return False
            self._asked_at = now
            return True

    async def _renewed(self, held: Published | None) -> Published:
        """What is published now; while that cannot be fetched what is `held`, for a day."""
        if held is not None and self._clock() - held.at >= held.lifetime + STALE:
            held = None
        just_failed = self._has_just_failed()
        if held is not None and self._failed_at is not None:  # nobody waits for who is down
            if not just_failed:
                self._fly()
            return held
        if just_failed and self._flight is None:
            raise UnavailableError(
                "the keys of api.issuer cannot be fetched", hint=_HINT, retry_after=PAUSE
            )
        try:
            return await asyncio.wrap_future(self._fly())
        except StorageError:
            if held is None:
                raise
            return held

    def _has_just_failed(self) -> bool:
        return self._failed_at is not None and self._clock() - self._failed_at < PAUSE

    def _fly(self) -> Future[Published]:
        """The one request that is under way, begun if there is none; in a thread of its own."""
        with self._lock:
            if self._flight is not None:
                return self._flight
            flight: Future[Published] = Future()
            flight.set_running_or_notify_cancel()  # who stops waiting does not end it for others
            self._flight = flight
        threading.Thread(target=self._run, args=[flight], name="issuer", daemon=True).start()
        return flight

    def _run(self, flight: Future[Published]) -> None:
        try:
            held = self._fetch_all()
        except BaseException as error:  # whoever waits gets it
            fault = None if isinstance(error, StorageError) else error
            logging.getLogger(LOGGER).warning(
                "the keys of the issuer are not renewed: %s", error, exc_info=fault
            )
            self._failed_at = self._clock()
            self._landed()
            flight.set_exception(error)
        else:
            self._failed_at, self._held = None, held
            self._landed()
            flight.set_result(held)

    def _landed(self) -> None:
        with self._lock:
            self._flight = None

    def _fetch_all(self) -> Published:
        discovery = self._discovered() if self._needs_discovery else None
        url = self._jwks_url or (discovery.content.get("jwks_uri") if discovery else None)
        if not isinstance(url, str):
            raise _unfit(f"the discovery document of {self._name} names no jwks_uri")
        document = self._fetch(url, self._ca_file)
        try:
            keys = key_set_of(document.content, self._algorithms)
        except ValueError as error:
            raise _unfit(f"{url} is not a set of keys: {error}") from None
        age = USUAL_AGE if document.max_age is None else float(document.max_age)
        return Published(keys, self._clock(), min(max(age, MIN_AGE), MAX_AGE), discovery)

    def _discovered(self) -> Document:
        found = self._fetch(self._name.rstrip("/") + DISCOVERY, self._ca_file)
        named: Any = found.content.get("issuer")
        if named != self._name:
            raise _unfit(
                f"the discovery document of api.issuer is that of {str(named)[:200]!a}, "
                f"not of {self._name}"
            )
        return found


def _unfit(problem: str) -> UnavailableError:
    return UnavailableError(problem, hint=_HINT, retryable=False)
