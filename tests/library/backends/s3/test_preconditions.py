"""Services that ignore conditions are refused before the first conditional request."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.registry import STORES
from ingenious_storage.backends.rest.calls import Call
from ingenious_storage.backends.s3.bucket import Bucket
from ingenious_storage.config import StorageSettings
from ingenious_storage.config.buckets.s3 import S3Account
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    PermissionDeniedError,
    PreconditionsIgnoredError,
    ThrottledError,
)
from tests.library.backends.s3.tiny_s3 import Answer, TinyS3

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.backends.s3.backend import S3Backend

ABSENT, MATCH = PutOptions(condition=IfAbsent()), PutOptions(condition=IfMatch('"x"'))
CONDITIONAL: dict[str, Callable[[S3Backend], object]] = {
    "put": lambda backend: backend.put("k", b"new", ABSENT),
    "put over": lambda backend: backend.put("k", b"new", MATCH),
    "upload": lambda backend: backend.upload("k", io.BytesIO(b"new"), ABSENT),
    "upload in parts": lambda backend: backend.upload("k", io.BytesIO(bytes(9 << 20)), ABSENT),
}


@pytest.mark.parametrize("call", CONDITIONAL.values(), ids=CONDITIONAL)
@pytest.mark.parametrize("ignored", ["If-None-Match", "If-Match"])
def test_a_service_that_ignores_a_condition_gets_no_conditional_write(
    tiny: TinyS3, ignored: str, call: Callable[[S3Backend], object]
) -> None:
    tiny.ignores = {ignored}
    tiny.objects["k"] = b"of somebody else"
    for _ in range(2):
        with pytest.raises(PreconditionsIgnoredError) as caught:
            call(tiny.backend())
        assert caught.value.code == "preconditions_ignored"
        assert ignored in str(caught.value)
        assert not caught.value.outcome_unknown
    assert tiny.objects == {"k": b"of somebody else"}


def test_what_is_unconditional_is_not_held_up(tiny: TinyS3) -> None:
    tiny.ignores = {"If-None-Match", "If-Match", "DELETE"}
    backend = tiny.backend()
    backend.put("k", b"1")
    backend.delete("k")
    assert [asked.method for asked in tiny.requests] == ["PUT", "HEAD", "DELETE"]


def test_it_is_found_out_once_in_a_process(tiny: TinyS3) -> None:
    backends = [tiny.backend() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: each[1].put(f"k{each[0]}", b"", ABSENT), enumerate(backends)))
    probes = [asked for asked in tiny.requests if "/.health/" in asked.path]
    assert [asked.method for asked in probes] == ["PUT", "PUT", "PUT", "DELETE"]
    assert set(tiny.objects) == {"k0", "k1", "k2", "k3"}
    with pytest.raises(AlreadyExistsError):
        backends[0].put("k0", b"", ABSENT)
    assert len(tiny.requests) == len(probes) + 5


def test_a_service_that_ignores_the_condition_of_a_delete_gets_none(tiny: TinyS3) -> None:
    tiny.ignores = {"DELETE"}
    backend = tiny.backend()
    etag = backend.put("k", b"1", ABSENT).etag
    with pytest.raises(PreconditionsIgnoredError) as caught:
        backend.delete("k", condition=IfMatch(etag))
    assert (caught.value.operation, caught.value.key) == ("delete", "k")
    assert tiny.objects == {"k": b"1"}
    backend.put("k", b"2", PutOptions(condition=IfMatch(etag)))
    backend.delete("k")
    assert tiny.objects == {}


def test_a_delete_of_another_write_is_refused_without_asking(tiny: TinyS3) -> None:
    tiny.ignores = {"DELETE"}
    tiny.objects["k"] = b"theirs"
    with pytest.raises(ConflictError):
        tiny.backend().delete("k", condition=IfMatch('"ours"'))
    assert tiny.objects == {"k": b"theirs"}


def test_who_may_not_delete_may_write(tiny: TinyS3) -> None:
    denied = Answer(403, "AccessDenied")
    tiny.answers.extend([None, None, None, denied])
    backend = tiny.backend()
    backend.put("k", b"1", ABSENT)
    assert tiny.objects["k"] == b"1"


@pytest.mark.parametrize("number", range(3))
def test_what_fails_meanwhile_is_the_callers_error_and_is_asked_again(
    tiny: TinyS3, number: int
) -> None:
    tiny.answers.extend([*[None] * number, Answer(503, "SlowDown", {"Retry-After": "3"})])
    backend = tiny.backend()
    with pytest.raises(ThrottledError) as caught:
        backend.put("k", b"1", ABSENT)
    assert (caught.value.operation, caught.value.key) == ("put", "k")
    assert not caught.value.outcome_unknown
    assert caught.value.retry_after == 3
    assert tiny.objects == {}
    backend.put("k", b"1", ABSENT)
    assert tiny.objects == {"k": b"1"}


def test_who_may_not_write_is_told_so(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(403, "AccessDenied"))
    with pytest.raises(PermissionDeniedError):
        tiny.backend().put("k", b"1", ABSENT)


def test_aws_itself_is_not_asked() -> None:
    def unasked(*_: object) -> None:
        raise AssertionError("something was sent")

    china = "https://s3.cn-north-1.amazonaws.com.cn"
    for endpoint in (None, "https://s3.eu-central-1.amazonaws.com", china):
        account = S3Account(endpoint, region="eu-central-1")
        known = Bucket(account, "bucket").preconditions
        known.check_write(Call("put", "k"), unasked, "/")
        known.check_delete(Call("delete", "k"), unasked, "/")


def test_a_clean_up_that_fails_is_not_the_callers(tiny: TinyS3) -> None:
    tiny.answers.extend([None, None, None, Answer(500, "InternalError")])
    tiny.backend().put("k", b"1", ABSENT)
    assert tiny.objects.pop("k") == b"1"
    assert [(key[: len(".health/")], data) for key, data in tiny.objects.items()] == [
        (".health/", b"1")
    ]


@pytest.mark.parametrize(
    ("ignored", "told"),
    [
        (set[str](), "spare what somebody else wrote"),
        ({"DELETE"}, "those with one are refused here"),
        ({"If-Match"}, "not asked, as a first write was refused: preconditions_ignored"),
    ],
)
def test_doctor_asks_about_deletes(tiny: TinyS3, ignored: set[str], told: str) -> None:
    tiny.ignores = ignored
    section = {"endpoint": tiny.url, "access_key_id": "a", "secret_access_key": "b"}
    [check] = STORES["s3"].checks
    settings = StorageSettings(type="s3", s3=section, container_data="bucket")
    assert told in check.run(settings)
    assert tiny.objects == {}
    missing = settings.model_copy(update={"container_data": "another"})
    assert "refused: NoSuchBucket" in check.run(missing)
