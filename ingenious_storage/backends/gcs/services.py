"""Services that are shared: the connections and the token of one account, for all its buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ingenious_storage.backends.gcs.credentials import GoogleCredential
from ingenious_storage.backends.gcs.service import GcsService
from ingenious_storage.runtime import forks

if TYPE_CHECKING:
    from ingenious_storage.config.buckets.gcs import GcsAccount

_shared: Final[WeakValueDictionary[GcsAccount, GcsService]] = WeakValueDictionary()
_guard: Final = forks.new_lock()


def service_of(account: GcsAccount) -> GcsService:
    """The service of this process; no I/O. It ends with the last backend that holds it."""
    with _guard:
        service = _shared.get(account)
        if service is None:
            credential = None if account.is_anonymous else GoogleCredential(account)
            service = _shared[account] = GcsService(account, credential)
        return service
