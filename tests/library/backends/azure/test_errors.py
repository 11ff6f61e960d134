"""The translation of errors: every class and every code of the SDK, without a server."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import azure.core.exceptions as core
import azure.identity
import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import PartialBatchErrorException, StorageErrorCode

from ingenious_storage.backends.azure.error_codes import BY_CODE, rule_for
from ingenious_storage.backends.azure.sdk.errors import translate, translated
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    InvalidKeyError,
    OperationTimeoutError,
    StorageError,
    ThrottledError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of queues, files, Data Lake, copies, tiers, page and append blobs, metadata, and leases that are
# taken or renewed: nothing here asks for that. (`get` answers InvalidRange itself.)
UNLISTED = """
AccountAlreadyExists AppendPositionConditionNotMet BlobAccessTierNotSupportedForAccountType
BlobNotArchived BlobTierInadequateForContentLength CannotChangeToLowerTier
CannotDeleteFileOrDirectory CannotVerifyCopySource ClientCacheFlushDelay
ConditionHeadersNotSupported ContainerQuotaDowngradeNotAllowed ContentLengthMustBeZero
CopyAcrossAccountsNotSupported CopyIdMismatch DeletePending DestinationPathIsBeingDeleted
DirectoryNotEmpty EmptyMetadataKey FeatureVersionMismatch FileLockConflict
FileShareProvisionedBandwidthDowngradeNotAllowed FileShareProvisionedBandwidthInvalid
FileShareProvisionedIopsDowngradeNotAllowed FileShareProvisionedIopsInvalid
FileShareProvisionedStorageInvalid FilesystemAlreadyExists FilesystemBeingDeleted
FilesystemNotFound IncrementalCopyBlobMismatch IncrementalCopyOfEarlierSnapshotNotAllowed
IncrementalCopyOfEarlierVersionSnapshotNotAllowed IncrementalCopySourceMustBeSnapshot
InfiniteLeaseDurationRequired InvalidBlobTier InvalidBlockId InvalidDestinationPath
InvalidFileOrDirectoryPathName InvalidFlushPosition InvalidHttpVerb InvalidInput InvalidMarker
InvalidMd5 InvalidMetadata InvalidOperation InvalidPageRange InvalidPropertyName
InvalidQueryParameterValue InvalidRange InvalidRenameSourcePath InvalidSourceBlobType
InvalidSourceBlobUrl InvalidSourceOrDestinationResourceType InvalidSourceUri
InvalidVersionForPageBlobOperation InvalidXmlDocument InvalidXmlNodeValue LeaseAlreadyBroken
LeaseIdMismatchWithLeaseOperation LeaseIsAlreadyBroken LeaseIsBreakingAndCannotBeAcquired
LeaseIsBreakingAndCannotBeChanged LeaseIsBrokenAndCannotBeRenewed LeaseNameMismatch
LeaseNotPresentWithLeaseOperation MessageNotFound MessageTooLarge MetadataTooLarge
MissingContentLengthHeader MissingRequiredHeader MissingRequiredQueryParameter
MissingRequiredXmlNode MultipleConditionHeadersNotSupported NoPendingCopyOperation
OperationNotAllowedOnIncrementalCopyBlob OutOfRangeQueryParameterValue ParentNotFound
PathAlreadyExists PathNotFound PendingCopyOperation PopReceiptMismatch
PreviousSnapshotCannotBeNewer PreviousSnapshotNotFound PreviousSnapshotOperationNotSupported
QueueAlreadyExists QueueBeingDeleted QueueDisabled QueueNotEmpty QueueNotFound ReadOnlyAttribute
RenameDestinationParentPathNotFound SequenceNumberConditionNotMet SequenceNumberIncrementTooLarge
ShareAlreadyExists ShareBeingDeleted ShareDisabled ShareHasSnapshots ShareNotFound
ShareSnapshotCountExceeded ShareSnapshotInProgress ShareSnapshotNotFound
ShareSnapshotOperationNotSupported SharingViolation SnapshotCountExceeded
SnapshotOperationRateExceeded SourceConditionNotMet SourcePathIsBeingDeleted SourcePathNotFound
SystemInUse TotalSharesCountExceedsAccountLimit TotalSharesProvisionedBandwidthExceedsAccountLimit
TotalSharesProvisionedCapacityExceedsAccountLimit TotalSharesProvisionedIopsExceedsAccountLimit
UnsupportedHttpVerb UnsupportedQueryParameter UnsupportedRestVersion UnsupportedXmlNode
"""
BY_STATUS_ALONE = frozenset(UNLISTED.split())

# What they mean without an answer of the service.
EXPECTED: dict[type[Exception], type[StorageError]] = {
    core.ServiceRequestError: UnavailableError,
    core.ServiceRequestTimeoutError: OperationTimeoutError,
    core.ServiceResponseError: UnavailableError,
    core.ServiceResponseTimeoutError: OperationTimeoutError,
    core.HttpResponseError: UnavailableError,
    core.DecodeError: UnavailableError,
    core.IncompleteReadError: UnavailableError,
    core.ResourceExistsError: UnavailableError,
    core.ResourceNotFoundError: UnavailableError,
    core.ResourceModifiedError: UnavailableError,
    core.ResourceNotModifiedError: UnavailableError,
    core.TooManyRedirectsError: UnavailableError,
    core.ODataV4Error: UnavailableError,
    core.StreamConsumedError: UnavailableError,
    core.StreamClosedError: UnavailableError,
    core.ResponseNotReadError: UnavailableError,
    core.ClientAuthenticationError: AuthenticationError,
    azure.identity.CredentialUnavailableError: AuthenticationError,
    azure.identity.AuthenticationRequiredError: AuthenticationError,
    PartialBatchErrorException: UnavailableError,
    core.SerializationError: UnavailableError,
    core.DeserializationError: UnavailableError,
}


def every_kind(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        yield kind
        yield from every_kind(kind)


class Answer:
    """As much of an HTTP response as an error holds."""

    reason = "because"

    def __init__(self, status_code: int, code: str | None = None, **headers: str) -> None:
        self.status_code = status_code
        self.headers = {**({"x-ms-error-code": code} if code else {}), **headers}

    def text(self) -> str:
        return "not JSON"


def answered(status: int, code: str | None = None) -> HttpResponseError:
    answer: Any = Answer(status, code)
    return HttpResponseError(response=answer)


def test_every_class_of_the_sdk_is_expected() -> None:
    ours = {kind for kind in every_kind(AzureError) if kind.__module__.startswith("azure.")}
    unexpected = {kind.__name__ for kind in ours - set(EXPECTED)} - {"AzureSigningError"}
    assert unexpected == set(), "a new class of errors: decide what it means"
    named = {value for value in vars(core).values() if isinstance(value, type)}
    unexpected = {
        kind.__name__ for kind in named if issubclass(kind, Exception) and kind not in EXPECTED
    }
    assert unexpected == {"AzureError"}


@pytest.mark.parametrize(("kind", "expected"), EXPECTED.items(), ids=lambda kind: kind.__name__)
def test_class_without_an_answer(kind: type[Exception], expected: type[StorageError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "it failed")
    if isinstance(error, AzureError):
        error.message = "it failed"
        error.inner_exception = None
    if isinstance(error, HttpResponseError):
        error.response = error.status_code = None
    for operation in ("get", "put"):
        raised = translate(error, operation=operation, key="k")
        assert type(raised) is expected
        assert (raised.operation, raised.key) == (operation, "k")
        assert raised.hint
        assert raised.outcome_unknown in (False, operation == "put")


def test_signing_error_is_about_the_key() -> None:
    kind = next(kind for kind in every_kind(AzureError) if kind.__name__ == "AzureSigningError")
    assert type(translate(kind("Invalid base64"), operation="get")) is AuthenticationError


@pytest.mark.parametrize("code", [code.value for code in StorageErrorCode])
def test_every_code_of_the_sdk_is_decided(code: str) -> None:
    assert (code in BY_CODE) != (code in BY_STATUS_ALONE), "a new code: decide what it means"


@pytest.mark.parametrize(
    "status",
    [
        200,
        206,
        301,
        400,
        401,
        403,
        404,
        405,
        407,
        408,
        409,
        411,
        412,
        413,
        416,
        429,
        500,
        501,
        502,
        503,
        504,
        505,
        507,
    ],
)
def test_every_answer_becomes_an_error_with_a_hint(status: int) -> None:
    for code in (*BY_CODE, *BY_STATUS_ALONE, "SomethingNew", None):
        error = translate(answered(status, code), operation="put", key="k")
        assert isinstance(error, StorageError)
        assert error.hint
        assert f"answered {status} {code or 'without an error code'}" in str(error)
        assert (
            not error.retryable
            or status >= 500
            or status in (408, 429)
            or code in BY_CODE
            or (status < 300)
        )


def test_status_alone_makes_no_conflict_and_nothing_missing() -> None:
    """A gateway's 404 is no missing blob: that mistake would overwrite a memory."""
    for status in (404, 409, 412):
        for code in (None, "SomethingNew"):
            assert rule_for(status, code).kind is StorageError


def test_the_services_own_code_is_kept() -> None:
    error = translate(answered(403, "AuthorizationFailure"), operation="get")
    assert error.service_code == "AuthorizationFailure"
    assert translate(answered(403, None), operation="get").service_code is None
    assert translate(AzureError("x"), operation="get").service_code is None
    assert pickle.loads(pickle.dumps(error)).service_code == "AuthorizationFailure"


def test_the_code_of_a_head_is_in_its_header() -> None:
    error = translate(answered(404, "BlobNotFound"), operation="head", key="k")
    assert error.code == "not_found"
    error = translate(answered(404, "ContainerNotFound"), operation="head", key="k")
    assert error.code == "container_not_found"


@pytest.mark.parametrize("code", ["InvalidResourceName", "OutOfRangeInput", "InvalidUri"])
def test_a_refused_name_is_the_keys_or_the_containers(code: str) -> None:
    assert type(translate(answered(400, code), operation="get", key="k")) is InvalidKeyError
    assert type(translate(answered(400, code), operation="list")) is ConfigurationError


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, AuthenticationError), (401, AuthenticationError), (429, ThrottledError),
     (503, UnavailableError)],
)  # fmt: skip
def test_answers_of_entra_id(status: int, kind: type[StorageError]) -> None:
    told = "AADSTS7000215: Invalid client secret provided.\nTrace ID: 1"
    answer: Any = Answer(status)
    error = core.ClientAuthenticationError(message=told, response=answer)
    raised = translate(error, operation="put", key="k")
    assert type(raised) is kind
    assert raised.outcome_unknown is False
    assert "AADSTS7000215: Invalid client secret provided." in str(raised)
    assert "\n" not in str(raised)


def test_the_cause_is_kept_but_not_what_was_signed() -> None:
    with pytest.raises(StorageError) as caught, translated("get", "k"):
        raise answered(500, "InternalError")
    assert isinstance(caught.value.__cause__, HttpResponseError)
    for secret in (answered(403, "AuthenticationFailed"), ValueError("/c/k?sig=abc")):
        with pytest.raises(StorageError) as caught, translated("get", "k"):
            raise secret
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_what_is_no_error_of_the_sdk_passes() -> None:
    with pytest.raises(ZeroDivisionError), translated("get", "k"):
        raise ZeroDivisionError
    with pytest.raises(AlreadyExistsError), translated("get", "k"):
        raise AlreadyExistsError("ours")


def test_errors_can_be_pickled() -> None:
    error = translate(answered(503, "ServerBusy"), operation="put", key="k")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again)) == (type(error), vars(error))
