"""Errors of the library: a stable ``code``, what happened, and what to do next.

Callers act on types, ``code``, ``retryable`` and ``outcome_unknown``, never on messages.
No message, hint or key in an error holds a secret.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

E = TypeVar("E", bound="StorageError")


class StorageError(Exception):
    """Base of all errors of this library.

    Attributes:
        code: stable identifier, safe to compare and to log.
        retryable: the same request may succeed if it is sent again.
        retry_after: seconds that the service asked to wait, or None.
        outcome_unknown: a write may have landed although this error was raised.
        operation: name of the operation that failed ("put", "save_memory"), or None.
        key: the blob key, or None.
        service_code: the store's own code of what it refused ("AuthorizationFailure"), or None.
        hint: the next step for a person.
    """

    code: ClassVar[str] = "storage_error"
    default_hint: ClassVar[str] = "Run again with --debug, or look at the cause of this error."
    default_retryable: ClassVar[bool] = False
    default_outcome_unknown: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        key: str | None = None,
        service_code: str | None = None,
        hint: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        outcome_unknown: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.key = key
        self.service_code = service_code
        self.hint = self.default_hint if hint is None else hint
        self.retryable = self.default_retryable if retryable is None else retryable
        self.retry_after = retry_after
        self.outcome_unknown = (
            self.default_outcome_unknown if outcome_unknown is None else outcome_unknown
        )
        self.add_note(f"[{self.code}] {self.hint}")  # a traceback shows it below the message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # OSError's own __reduce__ would drop the keyword-only attributes.
        return (_rebuild, (type(self), self.message, self.__dict__))

    def __copy__(self) -> Self:
        """Without traceback and cause, whose frames may hold a key.

        Not left to `copyreg`: where `distributed` 2026.8 is imported, copies by it keep both.
        """
        return _rebuild(type(self), self.message, self.__dict__)


def _rebuild(kind: type[E], message: str, state: dict[str, Any]) -> E:
    error = kind.__new__(kind, message)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class NotFoundError(StorageError, FileNotFoundError):
    """The store, or the local disk, has nothing under this key."""

    code = "not_found"
    default_hint = "Check the key and the container; list what is there."


class MemoryNotFoundError(NotFoundError):
    """A memory is missing or deleted."""

    code = "memory_not_found"
    default_hint = "Check the conversation id, pass default=, or restore it if it was deleted."


class PromptNotFoundError(NotFoundError):
    """A prompt set, a label or a prompt is missing or deleted."""

    code = "prompt_not_found"
    default_hint = "List the prompt sets, labels or file names that exist."


class RevisionNotFoundError(NotFoundError):
    """A document has no such revision."""

    code = "revision_not_found"
    default_hint = "Look at the history for the revision numbers that exist."


class RevisionPrunedError(RevisionNotFoundError):
    """A revision is older than the oldest that a prune has kept, or a rewrite took it out."""

    code = "revision_pruned"
    default_hint = "This revision was pruned on purpose; the history shows the oldest one kept."


class NotModifiedError(StorageError):
    """The blob still has the ETag given as ``if_none_match``: an answer rather than an error."""

    code = "not_modified"
    default_hint = "Use the copy that you hold."


class AlreadyExistsError(StorageError, FileExistsError):
    """The store refused a write on condition that nothing is there, or a file or name is taken."""

    code = "already_exists"
    default_hint = "Choose another name, or update what is there."


class ConflictError(StorageError):
    """What was to be replaced is not there any more in the same form: another ETag or revision."""

    code = "conflict"
    default_hint = "Somebody else wrote in between: load it again, redo the change and save."


class IdempotencyKeyReusedError(StorageError):
    """A token (`once`) that was used before, for something else."""

    code = "idempotency_key_reused"
    default_hint = "Draw a new token for each call; give the same one only to repeat a call."


class CommitUnknownError(StorageError):
    """A write was sent and nobody could find out whether it landed.

    Attributes:
        write_id: `landed` says by it what became of the write.
        number: the number of the revision if it landed; None when that is not known.
    """

    code = "commit_unknown"
    default_hint = "Ask `landed` for the write_id before you write again."
    default_outcome_unknown = True

    def __init__(
        self, message: str, *, write_id: str = "", number: int | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.write_id, self.number = write_id, number


class ContainerNotFoundError(StorageError):
    """The store has no such container."""

    code = "container_not_found"
    default_hint = (
        "Check the container's name, create it with `ingenious-storage containers ensure`, "
        "or run the infrastructure program."
    )


class AuthenticationError(StorageError):
    """The store, or who gives out its tokens, does not accept who asks."""

    code = "authentication_failed"
    default_hint = "Check the key or the credential that signs, and this machine's clock."


class PermissionDeniedError(StorageError, PermissionError):
    """The store knows who asks and refuses it; on disk the rights of a file or folder do."""

    code = "permission_denied"
    default_hint = (
        "Give this identity the right to read, write, list and delete in the container; "
        "`ingenious-storage doctor` says which one is missing."
    )


class InvalidKeyError(StorageError, ValueError):
    """A key, an id or a name breaks a rule of `keys`; raised before any I/O."""

    code = "invalid_key"
    default_hint = (
        "Keys are segments joined by '/', without '.', '..', backslash or control characters."
    )


class InvalidDataError(StorageError, ValueError):
    """Data that cannot be stored as it is; raised before any I/O."""

    code = "invalid_data"
    default_hint = (
        "Data must be plain JSON: text keys, finite numbers of 64 bits, no lone surrogates, "
        "at most 250 levels deep."
    )


class ConfigurationError(StorageError, ValueError):
    """A file, a variable or an argument says something that cannot be used."""

    code = "invalid_configuration"
    default_hint = "Run `ingenious-storage config show --explain` to see where each value is from."


class PreconditionsIgnoredError(ConfigurationError):
    """The store writes or deletes in spite of a condition that does not hold: it cannot be used."""

    code = "preconditions_ignored"
    default_hint = (
        "Two writers would overwrite each other in silence: use another service or a newer version "
        "of it, and no gateway in between that drops If-Match and If-None-Match."
    )


class PlainIndexRefusedError(ConfigurationError):
    """Encryption is on, and the catalogue would put the text of documents on a disk as it is."""

    code = "plain_index_refused"
    default_hint = (
        "Set storage.catalogue.plain_index: true, or give --plain-index, where the disk of this "
        "machine may hold the text of all documents; an encrypted disk is the better place."
    )


class PublishRefusedError(ConfigurationError):
    """Encryption is on, and a published snapshot would outlive the documents whose text it has."""

    code = "publish_refused"
    default_hint = (
        "Let each machine read the documents by `ingenious-storage index sync`: a copy of a "
        "snapshot would keep the text of a conversation that is erased later."
    )


class IndexMissingError(NotFoundError):
    """The catalogue was not synced on this machine: there is nothing to search in."""

    code = "index_missing"
    default_hint = "Run `ingenious-storage index sync`: it reads what is stored, once."


class CorruptObjectError(StorageError):
    """What is stored is not what was written, by its SHA-256, its fields or its frame."""

    code = "corrupt_object"
    default_hint = "Run `ingenious-storage verify`; restore the blob from a backup or a version."


class NotEncryptedError(CorruptObjectError):
    """Encryption is on, and this blob was written without it."""

    code = "not_encrypted"
    default_hint = (
        "Encrypt what is there with `ingenious-storage keys encrypt`, and set "
        "storage.encryption.accept_plain until that is done; or find out who writes without it."
    )


class KeyDestroyedError(CorruptObjectError):
    """The key that this blob was sealed with is gone: its document was erased."""

    code = "key_destroyed"
    default_hint = "What was erased cannot be brought back; `keys status` says what keys there are."


class KeyRefusedError(StorageError):
    """Who keeps the keys refuses: a wrong or disabled key, or no right to use it."""

    code = "key_refused"
    default_hint = (
        "Run `ingenious-storage doctor`: it says whether the key is there, enabled, and which "
        "right is missing."
    )


class UnsupportedFormatError(StorageError):
    """A record of a format that this release does not know."""

    code = "unsupported_format"
    default_hint = "A newer release wrote this: upgrade ingenious-storage."


class CatalogueUnusableError(StorageError):
    """The index of the catalogue is damaged, or was made by another version."""

    code = "catalogue_unusable"
    default_hint = "Make it anew with `ingenious-storage index rebuild`: it holds copies only."


class CatalogueUnsupportedError(StorageError):
    """The SQLite of this Python has no full-text search."""

    code = "catalogue_unsupported"
    default_hint = (
        "Use a Python whose SQLite has FTS5: that of python.org, of Debian, of conda or of uv has."
    )


class ThrottledError(StorageError):
    """The store asks for fewer requests; `retry_after` says for how long, if it does."""

    code = "throttled"
    default_hint = "The service asks for fewer requests: lower the parallelism."
    default_retryable = True


class UnavailableError(StorageError):
    """The store cannot be reached or does not serve now; a write may have landed."""

    code = "unavailable"
    default_hint = "Check the endpoint, the network and the service's health."
    default_retryable = True
    default_outcome_unknown = True


class KeyUnavailableError(StorageError):
    """Who keeps the keys does not answer; a process that has its keys already goes on."""

    code = "key_unavailable"
    default_retryable = True
    default_hint = "Check the vault and the network to it; nothing was written."


class OperationTimeoutError(StorageError, TimeoutError):
    """No answer within `storage.timeout` or the caller's deadline; a write may have landed."""

    code = "timeout"
    default_hint = "Check the network, or raise storage.timeout."
    default_retryable = True
    default_outcome_unknown = True


class ObjectTooLargeError(StorageError):
    """More bytes than the limit that the message names; a document is refused before any I/O."""

    code = "object_too_large"
    default_hint = "Split it, or raise storage.max_document_bytes."


class missing_as:  # noqa: N801  # read as a call; as a generator it would cost a read dear
    """Raise a plain NotFoundError as `kind` of error, about `what`; narrower ones pass."""

    __slots__ = ("_kind", "_what")

    def __init__(self, kind: type[NotFoundError], what: str) -> None:
        self._kind, self._what = kind, what

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if type(error) is NotFoundError:
            what = f"{self._what}: {error}"
            raise self._kind(what, key=error.key, operation=error.operation) from error
