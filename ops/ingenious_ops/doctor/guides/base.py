"""Guide: what is particular to one kind of service, and what holds for any with an HTTP API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from ingenious_ops.doctor.model import WARN_SKEW, Check, Result, failed, passed

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.doctor.context import Context
    from ingenious_ops.doctor.places import Place
    from ingenious_storage.backends.account import Identity, Knock
    from ingenious_storage.errors import StorageError


class Guide:
    """Of a service that nothing more is known of than that it has an HTTP API."""

    max_skew: ClassVar[timedelta | None] = None
    """By how much a clock may differ before signed requests are refused, where that is known."""
    disbelief: ClassVar[frozenset[str]] = frozenset()
    """Codes of 403 that are about who asks; any other 403 is about what one may do."""
    has_soft_delete: ClassVar[bool] = False
    """Whether the service can keep what is deleted, apart from versions."""
    account_needs: ClassVar[str] = "accepted"
    """The check without which the account's settings cannot be asked for."""
    no_etag: ClassVar[str] = '"0x0000000000000000"'
    """An ETag that nothing has, of the form that the service takes for one."""
    checks: ClassVar[tuple[Check, ...]] = ()
    """What is asked of the account besides."""

    def unknown_host(self, context: Context, place: Place) -> str:
        """The hint for a name of the cloud's own that has no address."""
        return (
            f"Is {place.host} right ({context.handle.endpoint_key})? If it is, look at this "
            f"machine's DNS: `nslookup {place.host}`."
        )

    def nobody_listens(self, context: Context, place: Place) -> str:
        """The hint for a port of this machine that is closed."""
        return (
            f"Nothing listens there. Start the server, or correct {context.handle.endpoint_key} "
            f"({place})."
        )

    def is_it(self, knock: Knock) -> bool:
        """Whether the service itself has answered, and nobody in between."""
        return knock.status < 500

    def of_knock(self, context: Context) -> tuple[str, ...]:
        """What the answer says besides that it is one."""
        return ()

    def credential(self, context: Context) -> Result:
        """Who this process says it is."""
        identity = context.handle.identity()
        again = "Sign in again, or renew what it is from."
        if expired := of_expired(identity, f"{identity.source}: it", again=again):
            return expired
        until = identity.expires_at
        summary = identity.source + (f", until {until:%Y-%m-%d %H:%M} UTC" if until else "")
        return passed(summary, *identity.details)

    def hint(self, context: Context, check: Check, error: StorageError) -> str | None:
        """The next step for an error, in the words of this set-up; None for the error's own."""
        return None

    def versioning_off(self, context: Context, container: str) -> str:
        """The command that has old versions kept."""
        return "Have the store keep versions of what is overwritten, or keep backups."

    def soft_delete_off(self, context: Context, container: str) -> str:
        """The command that has deleted blobs kept."""
        return "Have the store keep what is deleted for some days, or keep backups."

    def who_may_ask(self, context: Context, what: str, container: str) -> str | None:
        """The command that tells `what`, "kind", "versioning" or "soft_delete", to who may ask."""
        return None


def of_expired(identity: Identity, what: str, *details: str, again: str) -> Result | None:
    """The failure of a credential whose time is over; `what` names it."""
    ends = identity.expires_at
    if ends is None or ends > datetime.now(UTC):
        return None
    return failed(
        f"{what} expired at {ends:%Y-%m-%d %H:%M} UTC",
        *(details or identity.details),
        hint=f"{again} If it is new, set this machine's clock.",
        code="authentication_failed",
    )


def clock_first(context: Context) -> str:
    """The first step where a wrong clock may be to blame."""
    skew = context.skew
    return "" if skew is None or abs(skew) <= WARN_SKEW else "Set this machine's clock first. "
