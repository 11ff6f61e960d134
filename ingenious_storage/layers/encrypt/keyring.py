"""Keyring: which key a blob of one container is sealed with, and which one opens it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from ingenious_storage.backends.base import Backend, Lineage, PutOptions
from ingenious_storage.errors import KeyDestroyedError, StorageError
from ingenious_storage.key_providers.base import KeyProvider
from ingenious_storage.layers.encrypt.container import ContainerKeys
from ingenious_storage.layers.encrypt.documents import DocumentKeys
from ingenious_storage.layers.encrypt.envelope import Key
from ingenious_storage.layers.encrypt.masters import MasterKeys
from ingenious_storage.layers.retry import RetryPolicy
from ingenious_storage.layers.telemetry import KeyTelemetry
from ingenious_storage.runtime.unpickled import Unpickled


class Keyring(Unpickled):
    """The keys of one container. Thread-safe; making one does no I/O.

    Args:
        store: the layers beneath encryption, which hold the records of keys.
        provider: gives the provider, always the same.
        role: the container's, to which everything is bound.
        document_of: the key of the document that a blob belongs to; None for one of no document.
        policy: how the provider is asked again.
        clock: the time that new keys are stamped with.
        monotonic: seconds, for what is asked again after a while.
        hides_ids_below: the root of the documents whose keys hide their ids; None: none do.

    Attributes:
        masters, container, documents: the three levels.
    """

    def __init__(
        self,
        store: Backend,
        provider: Callable[[], KeyProvider],
        *,
        role: str,
        document_of: Callable[[str], str | None],
        policy: RetryPolicy | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        hides_ids_below: str | None = None,
    ) -> None:
        self.role, self.document_of = role, document_of
        self.telemetry = tell = KeyTelemetry(role)
        self.masters = masters = MasterKeys(
            store,
            provider,
            role=role,
            policy=policy or RetryPolicy(),
            clock=clock,
            telemetry=tell,
        )
        self.container = ContainerKeys(
            store,
            masters,
            clock=clock,
            monotonic=monotonic,
            telemetry=tell,
            hides_ids_below=hides_ids_below,
        )
        self.documents = DocumentKeys(store, self.container, masters, clock=clock, telemetry=tell)

    def sealing(self, key: str, options: PutOptions) -> Key:
        """The key for this write.

        Raises: AlreadyExistsError when the write's condition would be refused; the errors of the
        store and of the provider, and of these none has `outcome_unknown`: nothing was written.
        """
        document = self.document_of(key)
        try:
            if document is None or options.lineage is Lineage.ENDS:
                return self.container.sealing()
            if options.lineage is Lineage.BEGINS and options.after is not None:
                return self.documents.beginning(document, options.after)
            return self.documents.sealing(document, options.lineage, options.condition)
        except StorageError as error:
            error.outcome_unknown = False
            raise

    def opening(self, key: str, key_id: bytes) -> Key:
        """The key with this id, which sealed the blob `key`.

        Raises: KeyDestroyedError when there is none, or not any more.
        """
        document, of_documents = self.document_of(key), self.documents
        is_head = document == key
        found = (
            (document and of_documents.known(document, key_id, is_head=is_head))
            or self.container.opening(key_id)
            or (document and of_documents.opening(document, key_id, is_head=is_head))
            or self.container.asked(key_id)
        )
        if not found:
            raise KeyDestroyedError(
                f"{key!r} was sealed with a key that is gone, or that never was of this container",
                key=key,
                operation="get",
            )
        return found

    def forget(self) -> None:
        """Forget every key: what is sealed from now on has keys that are stored."""
        self.documents.forget()
        self.container.forget()
        self.masters.forget()

    def began(self, key: str, sealed_with: Key) -> None:
        """The first head of a document has landed."""
        if self.document_of(key) == key:
            self.documents.known(key, sealed_with.id, is_head=True)
