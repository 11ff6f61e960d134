"""Refusals: each answer that the reference documents becomes an error that callers can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.backends.gcs.reasons import BY_REASON
from ingenious_storage.config.buckets.gcs import GcsAccount
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
    ObjectTooLargeError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tests.support.servers.canned import CannedServer, answer, canned_server

# Status, reason, error, retryable, whether a put may have landed.
DOCUMENTED = [
    (400, "badRequest", StorageError, False, False),
    (400, "invalid", StorageError, False, False),
    (400, "invalidParameter", StorageError, False, False),
    (400, "parseError", StorageError, False, False),
    (400, "required", StorageError, False, False),
    (400, "userProjectMissing", ConfigurationError, False, False),
    (400, "UserProjectInvalid", ConfigurationError, False, False),
    (400, "CloudKmsDisabledKey", PermissionDeniedError, False, False),
    (400, "customerEncryptionKeyIsIncorrect", StorageError, False, False),
    (400, "resourceIsEncryptedWithCustomerEncryptionKey", StorageError, False, False),
    (401, "AuthenticationRequiredRequesterPays", ConfigurationError, False, False),
    (401, "authError", AuthenticationError, False, False),
    (401, "required", AuthenticationError, False, False),
    (403, "accountDisabled", PermissionDeniedError, False, False),
    (403, "countryBlocked", PermissionDeniedError, False, False),
    (403, "forbidden", PermissionDeniedError, False, False),
    (403, "insufficientPermissions", PermissionDeniedError, False, False),
    (403, "objectUnderActiveHold", PermissionDeniedError, False, False),
    (403, "retentionPolicyNotMet", PermissionDeniedError, False, False),
    (403, "rateLimitExceeded", ThrottledError, True, False),
    (403, "userRateLimitExceeded", ThrottledError, True, False),
    (403, "quotaExceeded", ThrottledError, True, False),
    (403, "sslRequired", ConfigurationError, False, False),
    (403, "UserProjectAccessDenied", PermissionDeniedError, False, False),
    (403, "accessNotConfigured", ConfigurationError, False, False),
    (404, "notFound", ContainerNotFoundError, False, False),
    (405, "methodNotAllowed", StorageError, False, False),
    (408, "uploadBrokenConnection", OperationTimeoutError, True, True),
    (409, "conflict", UnavailableError, True, False),
    (410, "gone", UnavailableError, True, True),
    (411, "lengthRequired", StorageError, False, False),
    (412, "conditionNotMet", ConflictError, False, False),
    (412, "orgPolicyConstraintFailed", PermissionDeniedError, False, False),
    (413, "uploadTooLarge", ObjectTooLargeError, False, False),
    (429, "rateLimitExceeded", ThrottledError, True, False),
    (429, "userRateLimitExceeded", ThrottledError, True, False),
    (500, "backendError", UnavailableError, True, True),
    (500, "internalError", UnavailableError, True, True),
    (502, "badGateway", UnavailableError, True, True),
    (503, "backendError", UnavailableError, True, True),
    (504, "gatewayTimeout", OperationTimeoutError, True, True),
    # Nothing that the service says: proxies, gateways.
    (302, None, StorageError, False, False),
    (400, None, StorageError, False, False),
    (401, None, AuthenticationError, False, False),
    (403, None, PermissionDeniedError, False, False),
    (407, None, ConfigurationError, False, False),
    (418, None, StorageError, False, False),
    (429, None, ThrottledError, True, False),
    (500, None, UnavailableError, True, True),
    (501, None, StorageError, False, False),
    (502, None, UnavailableError, True, True),
    (503, None, UnavailableError, True, True),
    (504, None, OperationTimeoutError, True, True),
]  # fmt: skip


def told(status: int, reason: str | None, message: str = "m", **headers: str) -> bytes:
    """An answer in the documented JSON; without a reason a page of HTML."""
    one = {"domain": "global", "reason": reason, "message": message}
    body = json.dumps({"error": {"code": status, "message": message, "errors": [one]}})
    return answer(
        status,
        headers={"X-GUploader-UploadID": "upload-1", **headers},
        body=(body if reason else "<html>no</html>").encode(),
    )


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with canned_server() as canned:
        yield canned


@pytest.fixture
def backend(server: CannedServer) -> Iterator[GcsBackend]:
    backend = GcsBackend(GcsAccount(server.account_url, is_anonymous=True, timeout=30), "bucket")
    yield backend
    backend.close()


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: f"{row[0]} {row[1]}")
def test_each_answer(
    server: CannedServer,
    backend: GcsBackend,
    row: tuple[int, str | None, type[StorageError], bool, bool],
) -> None:
    status, reason, kind, retryable, may_have_landed = row
    server.replies = [told(status, reason, **{"Retry-After": "7"})]
    with pytest.raises(StorageError) as caught:
        backend.put("k", b"secret data")
    error = caught.value
    assert type(error) is kind
    assert (error.operation, error.key, error.service_code) == ("put", "k", reason)
    assert (error.retryable, error.outcome_unknown) == (retryable, may_have_landed)
    assert error.retry_after == 7
    assert f"GCS answered {status}" in str(error)
    assert "upload-1" in str(error)
    assert error.hint
    assert len(server.requests) == 1
    with pytest.raises(StorageError) as caught:
        backend.get("k")
    assert not caught.value.outcome_unknown


def test_all_reasons_of_the_table_have_an_error() -> None:
    assert len(BY_REASON) > 60
    for reason, rule in BY_REASON.items():
        assert issubclass(rule.kind, StorageError), reason


@pytest.mark.parametrize(
    ("condition", "kind"), [(IfAbsent(), AlreadyExistsError), (IfMatch("7"), ConflictError)]
)
def test_a_condition_that_was_lost(
    server: CannedServer,
    backend: GcsBackend,
    condition: IfAbsent | IfMatch,
    kind: type[StorageError],
) -> None:
    server.replies = [told(412, "conditionNotMet")]
    with pytest.raises(kind) as caught:
        backend.put("k", b"", PutOptions(condition=condition))
    assert type(caught.value) is kind
    assert "ifGenerationMatch=" in server.requests[0]


@pytest.mark.parametrize("etag", ["", "x", "0", "-1", "1.0", '"7"', "٣", "9" * 30, "7&a=b", "07"])
def test_what_is_no_generation_matches_nothing(
    server: CannedServer, backend: GcsBackend, etag: str
) -> None:
    """0 would mean "nothing is there", and none of them is the server's to judge."""
    with pytest.raises(ConflictError):
        backend.put("k", b"", PutOptions(condition=IfMatch(etag)))
    assert server.requests == []
    server.replies = [told(404, "notFound", "No such object: bucket/k")]
    with pytest.raises(NotFoundError):
        backend.delete("k", condition=IfMatch(etag))
    assert [line.split()[0] for line in server.requests] == ["GET"]


NO_OBJECT = told(404, "notFound", "No such object: bucket/k")
NO_BUCKET = told(404, "notFound", "The specified bucket does not exist.")
SILENT = told(404, "notFound", "Not Found")
PAGE = answer(200, body=b"{}")
CASES_404: dict[str, tuple[list[bytes], type[StorageError], int]] = {
    "object": ([NO_OBJECT], NotFoundError, 1),
    "bucket": ([NO_BUCKET], ContainerNotFoundError, 1),
    "as plain text": ([answer(404, body=b"No such object: bucket/k")], NotFoundError, 1),
    "silent, bucket there": ([SILENT, PAGE], NotFoundError, 2),
    "silent, bucket missing": ([SILENT, SILENT], ContainerNotFoundError, 2),
    "silent, nobody may look": ([SILENT, told(403, "forbidden")], NotFoundError, 2),
    "silent, then trouble": ([SILENT, told(503, "backendError")], UnavailableError, 2),
}


@pytest.mark.parametrize("operation", ["get", "head", "delete"])
@pytest.mark.parametrize("case", CASES_404)
def test_a_missing_object_and_a_missing_bucket_are_told_apart(
    server: CannedServer,
    backend: GcsBackend,
    operation: str,
    case: str,
) -> None:
    replies, kind, requests = CASES_404[case]
    server.replies = [*replies]
    with pytest.raises(StorageError) as caught:
        getattr(backend, operation)("k")
    assert type(caught.value) is kind
    assert len(server.requests) == requests
    if kind is not UnavailableError:
        assert (caught.value.operation, caught.value.key) == (operation, "k")


@pytest.mark.parametrize("operation", ["get", "head", "delete"])
def test_a_404_of_another_server_says_nothing_of_object_and_bucket(
    server: CannedServer, backend: GcsBackend, operation: str
) -> None:
    """Any web server gives one: an endpoint that is wrong must not look like an empty bucket."""
    server.replies = [answer(404, body=b"<html>404 Not Found</html>")] * 2
    with pytest.raises(StorageError) as caught:
        getattr(backend, operation)("k")
    assert type(caught.value) is StorageError
    for call in (backend.list, backend.container_exists, backend.ensure_container):
        server.replies = [answer(404, body=b"<html>404 Not Found</html>")] * 2
        with pytest.raises(StorageError) as caught:
            call()
        assert type(caught.value) is StorageError
        assert "before the service" in caught.value.hint


SHAPES = {
    "newer": (b'{"error": {"status": "X", "details": [{}, {"reason": "SERVICE_DISABLED"}]}}',
              "SERVICE_DISABLED"),
    "newer without details": (b'{"error": {"status": "UNAUTHENTICATED", "details": []}}',
                              "UNAUTHENTICATED"),
    "a line break": (b'{"error": {"errors": [{"reason": "a\\nb"}]}}', None),
    "too long": (b'{"error": {"errors": [{"reason": "%s"}]}}' % (b"a" * 70), None),
    "a number": (b'{"error": {"errors": [{"reason": 1}]}}', None),
    "no list": (b'{"error": {"errors": 1}}', None),
    "empty list": (b'{"error": {"errors": []}}', None),
    "a text": (b'{"error": "invalid_grant"}', None),
    "an array": (b"[[[[1]]]]", None),
    "null": (b"null", None),
    "cut": (b'{"error": {"errors"', None),
    "no UTF-8": (b'{"error": "\xff"}', None),
    "nothing": (b"", None),
    "deep": (b"[" * 5000, None),
}  # fmt: skip


@pytest.mark.parametrize(("body", "reason"), SHAPES.values(), ids=SHAPES)
def test_other_bodies(
    server: CannedServer, backend: GcsBackend, body: bytes, reason: str | None
) -> None:
    server.replies = [answer(403, body=body)]
    with pytest.raises(StorageError) as caught:
        backend.put("k", b"")
    assert caught.value.service_code == reason


def test_a_bucket_of_somebody_else_is_told(server: CannedServer, backend: GcsBackend) -> None:
    account = GcsAccount(server.account_url, "mine", is_anonymous=True)
    backend = GcsBackend(account, "bucket")
    server.replies = [told(409, "conflict"), told(403, "forbidden")]
    with pytest.raises(AlreadyExistsError) as caught:
        backend.ensure_container()
    assert "shared with all of Google's customers" in caught.value.hint
    server.replies = [told(409, "conflict"), NO_OBJECT]
    assert backend.ensure_container() is False
    server.replies = [told(403, "forbidden"), NO_OBJECT]
    assert backend.ensure_container() is False
    server.replies = [told(403, "forbidden"), NO_BUCKET]
    with pytest.raises(PermissionDeniedError):
        backend.ensure_container()


def test_a_bucket_needs_a_project(server: CannedServer, backend: GcsBackend) -> None:
    server.replies = [NO_OBJECT]
    assert backend.ensure_container() is False  # it is there: no project is needed
    server.replies = [NO_BUCKET]
    with pytest.raises(ConfigurationError, match=r"storage\.gcs\.project is not set"):
        backend.ensure_container()


def test_delete_many_tells_of_each(server: CannedServer, backend: GcsBackend) -> None:
    server.replies = [told(403, "objectUnderActiveHold")]
    result = backend.delete_many(["a", "b\n"])
    assert isinstance(result["a"], PermissionDeniedError)
    assert result["b\n"] is not None
    assert result["b\n"].code == "invalid_key"
    server.replies = [told(503, "backendError")]
    with pytest.raises(UnavailableError):  # the whole call may be tried again
        backend.delete_many(["a"])
