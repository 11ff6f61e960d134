"""Error codes of Azure Blob Storage: what each means here, and what to do about it.

Sources: "Common REST API error codes" and "Blob service error codes" of the Azure Storage REST
reference. The status alone decides only when a code is not listed: 409 and 412 are no conflict
by themselves.
"""

from __future__ import annotations

from typing import Final

from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    InvalidKeyError,
    NotFoundError,
    NotModifiedError,
    ObjectTooLargeError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)

_ROLE = (
    "Give this identity the role Storage Blob Data Contributor on the container (Owner and "
    "Contributor grant no data access); a new role takes up to 30 minutes to apply."
)
_NETWORK_OR_ROLE = (
    "Two causes answer this: the account's firewall or private endpoint refuses this network, "
    "or the identity lacks the role Storage Blob Data Contributor. Check both. "
    "(Azurite answers it to a wrong key.)"
)
_SAS = "The SAS does not allow this: check its permissions, services, resource types and times."
_NO_KEYS = (
    "The account refuses shared keys: take the key or connection string out of the "
    "configuration, and use `credential: default` with a role."
)
_TOKEN = "The token was refused: check the tenant, the cloud and this machine's clock."  # noqa: S105
_LEASED = "Somebody holds a lease on the blob or its container: break it, or wait until it ends."
_PROTECTED = "An immutability policy or a legal hold protects the blob: wait, or lift it."
_ARCHIVED = "The blob is in the archive tier: rehydrate it first, which takes hours."
_TAKEN = (
    "Choose another name, or update what is there. Where nothing is there, an upload that never "
    "ended has left blocks, which the emulator takes for a blob: delete them by saving once "
    "without a condition (Azure itself does not count them)."
)
_OVERTAKEN = "Another writer wrote the blob during this upload: upload it again."
_GOING = "The container is being deleted, which takes 30 seconds and more: wait, or rename it."
_KIND_OF_BLOB = "A blob of another type (append, page or folder) has this key: delete it first."
_VERSION = (
    "The service refused a header: an emulator that is older than the SDK's API version needs "
    "`--skipApiVersionCheck`."
)
_SNAPSHOTS = "The blob has snapshots: delete them first."
_EMULATOR_FULL = (
    "The emulator keeps all in memory and is full: start it again with a larger "
    "--extentMemoryLimit (in MB), or without --inMemoryPersistence."
)
_GATEWAY = "The answer has no Azure error code: something before the service gave it. Check it."

_LEASE_CODES = (
    "LeaseIdMissing", "LeaseLost", "LeaseIdMismatchWithBlobOperation",
    "LeaseIdMismatchWithContainerOperation", "LeaseNotPresentWithBlobOperation",
    "LeaseNotPresentWithContainerOperation", "LeaseAlreadyPresent",
)  # fmt: skip
_SAS_CODES = (
    "AuthorizationProtocolMismatch", "AuthorizationSourceIPMismatch",
    "AuthorizationServiceMismatch", "AuthorizationResourceTypeMismatch",
    "InsufficientAccountPermissions", "UnauthorizedBlobOverwrite",
)  # fmt: skip
_NAME_CODES = ("InvalidResourceName", "InvalidUri", "RequestUrlFailedToParse", "OutOfRangeInput")
_SIZE_CODES = (
    "RequestBodyTooLarge", "BlockCountExceedsLimit", "BlockListTooLong",
    "ContentLengthLargerThanTierLimit", "MaxBlobSizeConditionNotMet",
)  # fmt: skip

BY_CODE: Final[dict[str, Rule]] = {
    "BlobNotFound": Rule(NotFoundError),
    "ResourceNotFound": Rule(NotFoundError),
    "ContainerNotFound": Rule(ContainerNotFoundError),
    "ContainerBeingDeleted": Rule(UnavailableError, _GOING, outcome_unknown=False),
    "ContainerAlreadyExists": Rule(AlreadyExistsError),
    "ContainerDisabled": Rule(PermissionDeniedError, "The container is disabled: ask its owner."),
    "BlobAlreadyExists": Rule(AlreadyExistsError, _TAKEN),
    "ResourceAlreadyExists": Rule(AlreadyExistsError),
    "ConditionNotMet": Rule(ConflictError),
    "TargetConditionNotMet": Rule(ConflictError),
    "BlobOverwritten": Rule(ConflictError, _OVERTAKEN),
    "InvalidBlobOrBlock": Rule(ConflictError, _OVERTAKEN),
    "InvalidBlockList": Rule(ConflictError, _OVERTAKEN),
    "BlobImmutableDueToPolicy": Rule(PermissionDeniedError, _PROTECTED),
    "BlobArchived": Rule(StorageError, _ARCHIVED),
    "BlobBeingRehydrated": Rule(StorageError, _ARCHIVED),
    "SnapshotsPresent": Rule(StorageError, _SNAPSHOTS),
    "InvalidBlobType": Rule(StorageError, _KIND_OF_BLOB),
    "ResourceTypeMismatch": Rule(StorageError, _KIND_OF_BLOB),
    "PathConflict": Rule(StorageError, _KIND_OF_BLOB),
    "InvalidHeaderValue": Rule(StorageError, _VERSION),
    "UnsupportedHeader": Rule(StorageError, _VERSION),
    "AuthenticationFailed": Rule(AuthenticationError),
    "NoAuthenticationInformation": Rule(AuthenticationError),
    "InvalidAuthenticationInfo": Rule(AuthenticationError, _TOKEN),
    "AuthorizationFailure": Rule(PermissionDeniedError, _NETWORK_OR_ROLE),
    "AuthorizationPermissionMismatch": Rule(PermissionDeniedError, _ROLE),
    "KeyBasedAuthenticationNotPermitted": Rule(PermissionDeniedError, _NO_KEYS),
    "PublicAccessNotPermitted": Rule(AuthenticationError),
    "AccountIsDisabled": Rule(PermissionDeniedError, "The account is disabled: ask its owner."),
    "AccountBeingCreated": Rule(UnavailableError, outcome_unknown=False),
    "MemoryExtentStoreAtSizeLimit": Rule(
        UnavailableError, _EMULATOR_FULL, retryable=False, outcome_unknown=False
    ),
    "ServerBusy": Rule(ThrottledError),
    "TooManyRequests": Rule(ThrottledError),
    "OperationTimedOut": Rule(OperationTimeoutError),
    "InternalError": Rule(UnavailableError),
    "Md5Mismatch": Rule(UnavailableError, outcome_unknown=False),
    **dict.fromkeys(_LEASE_CODES, Rule(StorageError, _LEASED)),
    **dict.fromkeys(_SAS_CODES, Rule(PermissionDeniedError, _SAS)),
    **dict.fromkeys(_NAME_CODES, Rule(InvalidKeyError)),
    **dict.fromkeys(_SIZE_CODES, Rule(ObjectTooLargeError)),
}

BY_STATUS: Final[dict[int, Rule]] = {
    304: Rule(NotModifiedError),
    401: Rule(AuthenticationError),
    403: Rule(PermissionDeniedError, _ROLE),
    407: Rule(ConfigurationError, "The proxy asks for credentials: check HTTPS_PROXY."),
    408: Rule(OperationTimeoutError),
    413: Rule(ObjectTooLargeError),
    429: Rule(ThrottledError),
    501: Rule(StorageError),
    504: Rule(OperationTimeoutError),
    505: Rule(StorageError),
}


def rule_for(status: int, code: str | None) -> Rule:
    """The rule for one answer.

    304 carries the code of a conflict and is none. A 2xx is an error when the SDK could not use it.
    """
    if status != 304 and code in BY_CODE:
        return BY_CODE[code]
    if status in BY_STATUS:
        return BY_STATUS[status]
    kind = UnavailableError if status >= 500 or status < 300 else StorageError
    return Rule(kind, None if code else _GATEWAY)
