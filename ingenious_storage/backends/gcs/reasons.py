"""Reasons of GCS: what each means here, and what to do about it.

Source: "HTTP status and error codes for JSON" of the Cloud Storage reference. The status alone
decides only where a reason is not listed: 403 is no refusal of rights by itself.
"""

from __future__ import annotations

from typing import Final

from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
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
    "Give this identity the role Storage Object User (roles/storage.objectUser) on the bucket; to "
    "create buckets it needs Storage Admin on the project. A new role takes some minutes to apply."
)
_SCOPE = "The token is not for Cloud Storage: give its machine or account the scope cloud-platform."
_HELD = "A hold protects the object: release it, or wait."
_RETAINED = "A retention policy protects the object: wait until it has passed, or lift it."
_PAYER = "The bucket lets its callers pay: set storage.gcs.user_project to a project that may."
_KMS = "The bucket's key in Cloud KMS cannot be used: check that it is enabled, and its grants."
_CUSTOMER_KEY = (
    "The object is encrypted with a key that its writer keeps: this library cannot read it."
)
_HOT = (
    "The service asks for fewer requests. One object can be written about once a second: append "
    "many messages at once, or lower the parallelism."
)
_QUOTA = "A quota of the project is used up: wait, or raise it in the Google Cloud console."
_ACCOUNT = "The project's account, or its billing, is disabled: ask who owns it."
_POLICY = "A policy of the organization forbids this: ask who administers it."
_TAKEN = (
    "Names of buckets are shared with all of Google's customers: choose another "
    "storage.container_data and storage.container_revisions."
)
_SIGN_IN = (
    "The service knows nobody by this credential: check storage.gcs.credentials_file, or run "
    "`gcloud auth application-default login`, and look at this machine's clock."
)
_SWITCHED_OFF = "The Cloud Storage API is not enabled for the project: enable it."
_REFUSED = "The service does not take the request: check names, metadata and the configuration."
_MET = "Another writer changed the object at the same moment, and nothing was written: try again."
_GATEWAY = "The answer has no reason of GCS: something before the service gave it. Check it."

_PAYERS = (
    "userProjectMissing", "userProjectInvalid", "userProjectInconsistent",
    "userProjectAccountProblem", "authenticationRequiredRequesterPays",
)  # fmt: skip
_KMS_REASONS = (
    "cloudKmsBadKey", "cloudKmsCannotChangeKeyName", "cloudKmsDecryptionKeyNotFound",
    "cloudKmsDisabledKey", "cloudKmsEncryptionKeyNotFound", "cloudKmsKeyLocationNotAllowed",
)  # fmt: skip
_CUSTOMER_KEYS = (
    "customerEncryptionAlgorithmIsInvalid", "customerEncryptionKeyFormatIsInvalid",
    "customerEncryptionKeyIsIncorrect", "customerEncryptionKeySha256IsInvalid",
    "resourceIsEncryptedWithCustomerEncryptionKey",
    "resourceNotEncryptedWithCustomerEncryptionKey",
)  # fmt: skip
_THROTTLES = ("rateLimitExceeded", "userRateLimitExceeded", "usageLimits.rateLimitExceeded")
_QUOTAS = ("quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg")
_SWITCHES = ("accessNotConfigured", "usageLimits.accessNotConfigured", "SERVICE_DISABLED")
_MALFORMED = (
    "badRequest", "badRequestException", "invalid", "invalidAltValue", "invalidArgument",
    "invalidParameter", "parseError", "notDownload", "notUpload", "wrongUrlForUpload", "turnedDown",
    "methodNotAllowed", "lengthRequired",
)  # fmt: skip

BY_REASON: Final[dict[str, Rule]] = {
    "conditionNotMet": Rule(ConflictError),
    "conflict": Rule(UnavailableError, _MET, outcome_unknown=False),
    "notFound": Rule(NotFoundError),
    "notModified": Rule(NotModifiedError),
    "gone": Rule(UnavailableError),
    "authError": Rule(AuthenticationError, _SIGN_IN),
    "lockedDomainExpired": Rule(AuthenticationError, _SIGN_IN),
    "forbidden": Rule(PermissionDeniedError, _ROLE),
    "insufficientPermissions": Rule(PermissionDeniedError, _SCOPE),
    "accountDisabled": Rule(PermissionDeniedError, _ACCOUNT),
    "countryBlocked": Rule(PermissionDeniedError, _POLICY),
    "orgPolicyConstraintFailed": Rule(PermissionDeniedError, _POLICY),
    "stopChannelCallerNotOwner": Rule(PermissionDeniedError),
    "userProjectAccessDenied": Rule(PermissionDeniedError, _PAYER),
    "objectUnderActiveHold": Rule(PermissionDeniedError, _HELD),
    "retentionPolicyNotMet": Rule(PermissionDeniedError, _RETAINED),
    "sslRequired": Rule(ConfigurationError, "Use https in storage.gcs.endpoint."),
    "uploadTooLarge": Rule(ObjectTooLargeError),
    "uploadBrokenConnection": Rule(OperationTimeoutError),
    "backendError": Rule(UnavailableError),
    "internalError": Rule(UnavailableError),
    "gatewayTimeout": Rule(OperationTimeoutError),
    **dict.fromkeys(_PAYERS, Rule(ConfigurationError, _PAYER)),
    **dict.fromkeys(_KMS_REASONS, Rule(PermissionDeniedError, _KMS)),
    **dict.fromkeys(_CUSTOMER_KEYS, Rule(StorageError, _CUSTOMER_KEY)),
    **dict.fromkeys(_THROTTLES, Rule(ThrottledError, _HOT)),
    **dict.fromkeys(_QUOTAS, Rule(ThrottledError, _QUOTA)),
    **dict.fromkeys(_SWITCHES, Rule(ConfigurationError, _SWITCHED_OFF)),
    **dict.fromkeys(_MALFORMED, Rule(StorageError, _REFUSED)),
}
"""With a small first letter: the reference writes some with a capital."""

BY_STATUS: Final[dict[int, Rule]] = {
    304: Rule(NotModifiedError),
    400: Rule(StorageError, _REFUSED),
    401: Rule(AuthenticationError, _SIGN_IN),
    403: Rule(PermissionDeniedError, _ROLE),
    404: Rule(NotFoundError),
    407: Rule(ConfigurationError, "The proxy asks for credentials: check HTTPS_PROXY."),
    408: Rule(OperationTimeoutError),
    409: Rule(UnavailableError, _MET, outcome_unknown=False),
    410: Rule(UnavailableError),
    412: Rule(ConflictError),
    413: Rule(ObjectTooLargeError),
    429: Rule(ThrottledError, _HOT),
    501: Rule(StorageError),
    504: Rule(OperationTimeoutError),
    505: Rule(StorageError),
}


BUCKET_TAKEN: Final = Rule(AlreadyExistsError, _TAKEN)
"""409 where a bucket was to be made."""
FOREIGN: Final = Rule(StorageError, _GATEWAY)
"""What the API did not answer."""


def rule_for(status: int, reason: str | None) -> Rule:
    """The rule for one answer."""
    if status != 304 and reason is not None:
        found = BY_REASON.get(reason) or BY_REASON.get(reason[:1].lower() + reason[1:])
        # "required" is not among them: it is a login that is missing, or a parameter.
        if found is not None:
            return found
    if status in BY_STATUS:
        return BY_STATUS[status]
    kind = UnavailableError if status >= 500 else StorageError
    return Rule(kind, None if reason else _GATEWAY)
