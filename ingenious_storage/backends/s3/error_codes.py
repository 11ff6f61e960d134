"""Error codes of S3: what each means here, and what to do about it.

Sources: "Error responses" of the Amazon S3 API reference, and of services that speak its API: the
codes of versitygw, MinIO, Ceph and SeaweedFS. The status alone decides only when a code is not
listed, or when there is none: an answer to HEAD has no body.
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
    InvalidDataError,
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

RIGHTS: Final = (
    "Give this identity s3:GetObject, s3:PutObject and s3:DeleteObject on the bucket's objects and "
    "s3:ListBucket on the bucket (without the last a missing key is refused too); look at the "
    "bucket's policy and at the key of its encryption (kms:GenerateDataKey, kms:Decrypt)."
)
REGION: Final = "The bucket is in another region: correct storage.s3.region."
_WRONG_KEY = "The service does not know storage.s3.access_key_id, or that of the profile."
_SIGNATURE = (
    "Check storage.s3.secret_access_key: was it cut, or is it that of another key? A proxy or "
    "gateway that changes headers breaks the signature too."
)
_EXPIRED = (
    "The temporary key has ended: take a new one, or let botocore renew it by a profile or a role "
    "(then nothing of storage.s3.access_key_id is set)."
)
_CLOCK = "This machine's clock is wrong by more than 15 minutes: set it (chronyc, timedatectl)."
_TAKEN = (
    "The name belongs to somebody else: names of buckets are shared by all of AWS. Choose others "
    "for storage.container_data and storage.container_revisions."
)
_ARCHIVED = "The object is in an archive: restore it first, which takes hours."
_MEETING = "Writes of one key met, and this one was not done: it is sent again."
_CHANGED = "The body did not arrive as it was sent: it is sent again."
_OVERTAKEN = (
    "The parts of the upload are gone: a lifecycle rule or somebody else ended it. Upload again."
)
_UNKNOWN_REQUEST = (
    "The service does not do what was asked for. Without conditional writes (If-None-Match, "
    "If-Match) it cannot be used here."
)
_FOLDER = (
    "On this service a key cannot also be a folder of other keys, and a part between two slashes "
    "has at most 255 bytes: choose other keys."
)
_KMS = "The key of the bucket's encryption (KMS) does not allow it: look at its state and policy."
_GATEWAY = "The answer has no error code of S3: something before the service gave it. Check it."
_DISABLED = "The account or its access is disabled: ask its owner."
_ENDPOINT = "Check storage.s3.endpoint and storage.s3.addressing_style."
_FULL = "The service has no room left: free some, or enlarge it."

_RETRYABLE = Rule(ThrottledError, _MEETING)
_NOT_WRITTEN = Rule(UnavailableError, _CHANGED, outcome_unknown=False)
_ELSEWHERE = Rule(ConfigurationError, REGION)
_KMS_RULE = Rule(PermissionDeniedError, _KMS)
_NO_KEY = Rule(InvalidKeyError, _FOLDER)

BY_CODE: Final[dict[str, Rule]] = {
    "NoSuchKey": Rule(NotFoundError),
    "NoSuchVersion": Rule(NotFoundError),
    "NoSuchBucket": Rule(ContainerNotFoundError),
    "NotFound": Rule(NotFoundError),
    "NotModified": Rule(NotModifiedError),
    "PreconditionFailed": Rule(ConflictError),
    "ConditionalRequestConflict": _RETRYABLE,
    "OperationAborted": _RETRYABLE,
    "BucketAlreadyOwnedByYou": Rule(AlreadyExistsError),
    "BucketAlreadyExists": Rule(ConfigurationError, _TAKEN),
    "TooManyBuckets": Rule(StorageError, "The account has as many buckets as it may have."),
    "InvalidBucketName": Rule(ConfigurationError, "The service refuses the bucket's name."),
    "InvalidBucketState": Rule(StorageError, "The bucket's state does not allow this."),
    "InvalidObjectState": Rule(StorageError, _ARCHIVED),
    "ObjectNotInActiveTierError": Rule(StorageError, _ARCHIVED),
    "AccessDenied": Rule(PermissionDeniedError, RIGHTS),
    "AccessForbidden": Rule(PermissionDeniedError, RIGHTS),
    "Forbidden": Rule(PermissionDeniedError, RIGHTS),
    "Unauthorized": Rule(PermissionDeniedError, RIGHTS),
    "UnauthorizedAccess": Rule(PermissionDeniedError, RIGHTS),
    "AccountProblem": Rule(PermissionDeniedError, _DISABLED),
    "AllAccessDisabled": Rule(PermissionDeniedError, _DISABLED),
    "NotSignedUp": Rule(PermissionDeniedError, "The account is not signed up for S3."),
    "InvalidPayer": Rule(PermissionDeniedError, _DISABLED),
    "InvalidSecurity": Rule(AuthenticationError, _WRONG_KEY),
    "InvalidAccessKeyId": Rule(AuthenticationError, _WRONG_KEY),
    "SignatureDoesNotMatch": Rule(AuthenticationError, _SIGNATURE),
    "MissingSecurityHeader": Rule(AuthenticationError, _SIGNATURE),
    "MissingAuthenticationToken": Rule(AuthenticationError, _SIGNATURE),
    "CredentialsNotSupported": Rule(AuthenticationError, _ENDPOINT),
    "ExpiredToken": Rule(AuthenticationError, _EXPIRED),
    "ExpiredTokenException": Rule(AuthenticationError, _EXPIRED),
    "TokenRefreshRequired": Rule(AuthenticationError, _EXPIRED),
    "RequestExpired": Rule(AuthenticationError, _CLOCK),
    "InvalidToken": Rule(AuthenticationError, "storage.s3.session_token is not that of the key."),
    "InvalidTokenId": Rule(AuthenticationError, "storage.s3.session_token is not that of the key."),
    "RequestTimeTooSkewed": Rule(AuthenticationError, _CLOCK),
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "PermanentRedirect": _ELSEWHERE,
    "PermanentRedirectControlError": _ELSEWHERE,
    "TemporaryRedirect": _ELSEWHERE,
    "Redirect": _ELSEWHERE,
    "IllegalLocationConstraintException": _ELSEWHERE,
    "InvalidLocationConstraint": Rule(ConfigurationError, "There is no such storage.s3.region."),
    "InvalidRegion": Rule(ConfigurationError, "There is no such storage.s3.region."),
    "InvalidURI": Rule(InvalidKeyError),
    "KeyTooLongError": _NO_KEY,
    "KeyTooLong": _NO_KEY,
    "ObjectParentIsFile": _NO_KEY,
    "ExistingObjectIsDirectory": _NO_KEY,
    "ExistingObjectIsFile": _NO_KEY,
    "DirectoryObjectContainsData": _NO_KEY,
    "XMinioInvalidObjectName": _NO_KEY,
    "XMinioParentIsObject": _NO_KEY,
    "XMinioObjectExistsAsDirectory": _NO_KEY,
    "MetadataTooLarge": Rule(InvalidDataError, "Names and values of metadata have 2 KB at most."),
    "RequestHeaderSectionTooLarge": Rule(
        InvalidDataError, "Names and values of metadata have 2 KB at most."
    ),
    "EntityTooLarge": Rule(ObjectTooLargeError, "The service takes no object of that size."),
    "MaxMessageLengthExceeded": Rule(ObjectTooLargeError),
    "TooManyParts": Rule(ObjectTooLargeError, "An object has at most 10,000 parts."),
    "NoSuchUpload": Rule(UnavailableError, _OVERTAKEN),
    "InvalidPart": Rule(UnavailableError, _OVERTAKEN, outcome_unknown=False),
    "BadDigest": _NOT_WRITTEN,
    "InvalidDigest": _NOT_WRITTEN,
    "IncompleteBody": _NOT_WRITTEN,
    "ContentSHA256Mismatch": _NOT_WRITTEN,
    "XAmzContentSHA256Mismatch": _NOT_WRITTEN,
    "XAmzContentChecksumMismatch": _NOT_WRITTEN,
    "RequestTimeout": Rule(OperationTimeoutError, outcome_unknown=False),
    "InternalError": Rule(UnavailableError),
    "InternalFailure": Rule(UnavailableError),
    "ServiceUnavailable": Rule(UnavailableError),
    "Busy": Rule(ThrottledError),
    "SlowDown": Rule(ThrottledError),
    "SlowDownRead": Rule(ThrottledError),
    "SlowDownWrite": Rule(ThrottledError),
    "Throttling": Rule(ThrottledError),
    "ThrottlingException": Rule(ThrottledError),
    "TooManyRequests": Rule(ThrottledError),
    "RequestLimitExceeded": Rule(ThrottledError),
    "BandwidthLimitExceeded": Rule(ThrottledError),
    "XMinioServerNotInitialized": Rule(UnavailableError, outcome_unknown=False),
    "XMinioStorageFull": Rule(UnavailableError, _FULL, retryable=False, outcome_unknown=False),
    "QuotaExceeded": Rule(StorageError, _FULL),
    "XMinioAdminBucketQuotaExceeded": Rule(StorageError, _FULL),
    "NotImplemented": Rule(StorageError, _UNKNOWN_REQUEST),
    "InvalidEncryptionAlgorithmError": Rule(StorageError, _KMS),
    "EncryptionTypeMismatch": Rule(StorageError, _KMS),
    "KMS.DisabledException": _KMS_RULE,
    "KMS.NotFoundException": _KMS_RULE,
    "KMS.KMSInvalidStateException": _KMS_RULE,
    "KMS.InvalidKeyUsageException": _KMS_RULE,
    "KMS.InvalidStateException": _KMS_RULE,
}

BY_STATUS: Final[dict[int, Rule]] = {
    301: _ELSEWHERE,
    304: Rule(NotModifiedError),
    307: _ELSEWHERE,
    308: _ELSEWHERE,
    401: Rule(AuthenticationError),
    403: Rule(PermissionDeniedError, RIGHTS),
    404: Rule(NotFoundError),
    407: Rule(ConfigurationError, "The proxy asks for credentials: check HTTPS_PROXY."),
    408: Rule(OperationTimeoutError),  # of something in between: what it sent on, it does not say
    412: Rule(ConflictError),
    413: Rule(ObjectTooLargeError),
    429: Rule(ThrottledError),
    501: Rule(StorageError, _UNKNOWN_REQUEST),
    504: Rule(OperationTimeoutError),
    505: Rule(StorageError),
}
EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
"""The codes after which another key may do."""


def rule_for(status: int, code: str | None) -> Rule:
    """The rule for one answer. A 2xx is an error when it could not be used."""
    if status != 304 and code in BY_CODE:
        return BY_CODE[code]
    # A 404 without a code is of no S3: any web server gives one, and "missing" would be a lie.
    if status in BY_STATUS and (code or status != 404):
        return BY_STATUS[status]
    kind = UnavailableError if status >= 500 or status < 300 else StorageError
    return Rule(kind, None if code else _GATEWAY)
