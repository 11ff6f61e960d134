"""Resumable uploads: chunks that break, answers that are lost, and what is left of both."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingenious_storage.backends.base import (
    JSON,
    IfAbsent,
    IfMatch,
    Properties,
    PutOptions,
)
from ingenious_storage.backends.gcs import resumable
from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.backends.gcs.resumable import CHUNK, TRIES
from ingenious_storage.config.buckets.gcs import GcsAccount
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.runtime import deadlines
from tests.support.gcs import BucketOracle
from tests.support.servers.gcs_double import GcsDouble, Trouble

KIB = 1024
DATA = random.Random(7).randbytes(2 * CHUNK + 300_001)


@pytest.fixture
def oracle(double: GcsDouble, container_name: str) -> BucketOracle:
    oracle = BucketOracle(double.url, container_name)
    oracle.create()
    return oracle


@pytest.fixture
def backend(
    double: GcsDouble, oracle: BucketOracle, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GcsBackend]:
    pauses: list[float] = []
    monkeypatch.setattr(resumable.Session.__init__, "__kwdefaults__", {"sleep": pauses.append})
    double.requests.clear()
    double.troubles.clear()
    double.answers_questions = True
    double.rules.sessions.clear()
    backend = GcsBackend(GcsAccount(double.url, is_anonymous=True), oracle.bucket)
    yield backend
    backend.close()
    assert all(0 < pause <= 30 for pause in pauses)
    assert double.troubles == []


class Late(io.BytesIO):
    """DATA; when the last part is asked for, the session is open, and something happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(DATA)
        self._happens = happens

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 2 * CHUNK:
            self._happens()
        return super().read(size)


def methods(double: GcsDouble) -> list[str]:
    return [request.split()[0] for request in double.requests]


def test_chunks_of_a_large_object(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    kept = Properties("gzip", "de", None, "no-store", {"Owner": "Ann", "ü": "漢"})
    info = backend.upload("big", io.BytesIO(DATA), PutOptions(JSON, kept))
    assert methods(double) == ["POST", "PUT", "PUT", "PUT"]
    assert (info.size, info.content_type) == (len(DATA), JSON)
    assert oracle.read("big") == DATA
    assert oracle.resource("big")["metadata"] == kept.metadata
    assert backend.head("big").properties == kept
    assert backend.head("big").etag == info.etag == oracle.resource("big")["generation"]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_sizes_at_the_edges(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle, size: int
) -> None:
    info = backend.upload("k", io.BytesIO(DATA[:size]))
    assert (info.size, oracle.read("k")) == (size, DATA[:size])
    is_session = size > CHUNK
    assert methods(double)[0] == "POST"
    assert ("PUT" in methods(double)) is is_session


TROUBLES = {
    "a chunk of which a part arrived": [Trouble(1_000_000)],
    "a chunk of which nothing arrived": [Trouble(0)],
    "a chunk whose answer is lost": [Trouble(CHUNK)],
    "a service that is not there for a moment": [Trouble(0, 503), Trouble(0, 500)],
    "a service that keeps a part": [Trouble(700_000, 308), Trouble(256 * KIB, 308)],
    "trouble with each chunk": [Trouble(300_000), *[Trouble(CHUNK)] * 2, Trouble(0, 502)],
    "more troubles than tries, each a step further": [Trouble(256 * KIB)] * (TRIES + 2),
    "too many requests": [Trouble(0, 429)],
}


@pytest.mark.parametrize("troubles", TROUBLES.values(), ids=TROUBLES)
def test_it_goes_on_where_it_broke(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle, troubles: list[Trouble]
) -> None:
    double.troubles += troubles
    info = backend.upload("big", io.BytesIO(DATA), PutOptions(condition=IfAbsent()))
    assert oracle.read("big") == DATA
    assert backend.head("big").etag == info.etag


def test_a_chunk_is_sent_again_from_where_it_broke_only(
    double: GcsDouble, backend: GcsBackend
) -> None:
    double.troubles.append(Trouble(1_000_000))
    backend.upload("big", io.BytesIO(DATA))
    assert methods(double) == ["POST", "PUT", "PUT", "PUT", "PUT", "PUT"]  # the second one asks


def test_a_last_chunk_whose_answer_is_lost_has_landed(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    double.troubles += [Trouble(CHUNK, 308), Trouble(CHUNK, 308), Trouble(CHUNK)]
    info = backend.upload("big", io.BytesIO(DATA), PutOptions(condition=IfAbsent()))
    assert info.etag == oracle.resource("big")["generation"]
    assert oracle.read("big") == DATA


def test_who_cannot_find_out_says_so(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    """The last chunk is on its way, and then nobody answers any more."""
    double.troubles += [Trouble(CHUNK, 308), Trouble(CHUNK, 308), Trouble(CHUNK)]
    double.answers_questions = False
    with pytest.raises(UnavailableError) as caught:
        backend.upload("big", io.BytesIO(DATA))
    assert caught.value.outcome_unknown
    assert caught.value.operation == "upload"
    assert oracle.read("big") == DATA


def test_who_fails_before_the_last_chunk_knows_that_nothing_landed(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    oracle.write("big", b"old")
    double.troubles += [Trouble(0, 503)] * TRIES
    with pytest.raises(UnavailableError) as caught:
        backend.upload("big", io.BytesIO(DATA))
    assert not caught.value.outcome_unknown
    assert caught.value.retryable
    assert oracle.read("big") == b"old"
    assert methods(double)[-2] == "DELETE"  # cancelled; the oracle has asked since
    assert double.rules.sessions == {}


def test_a_throttled_one_waits_as_it_is_told(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    double.troubles += [Trouble(0, 429)] * TRIES
    with pytest.raises(ThrottledError):
        backend.upload("big", io.BytesIO(DATA))
    assert oracle.keys() == set()


def test_conditions_hold_at_the_end_too(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    """Somebody else writes while the chunks travel."""

    def meanwhile() -> None:
        oracle.write("big", b"theirs")

    with pytest.raises(AlreadyExistsError):
        backend.upload("big", Late(meanwhile), PutOptions(condition=IfAbsent()))
    etag = backend.head("big").etag
    with pytest.raises(ConflictError):
        backend.upload("big", Late(meanwhile), PutOptions(condition=IfMatch(etag)))
    assert oracle.read("big") == b"theirs"


def test_a_condition_that_is_lost_at_once_costs_no_chunk(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    oracle.write("big", b"theirs")
    double.requests.clear()
    with pytest.raises(AlreadyExistsError):
        backend.upload("big", io.BytesIO(DATA), PutOptions(condition=IfAbsent()))
    assert methods(double) == ["POST"]


def test_a_session_that_is_gone(
    double: GcsDouble, backend: GcsBackend, oracle: BucketOracle
) -> None:
    with pytest.raises(UnavailableError, match="the session of the upload is gone") as caught:
        backend.upload("big", Late(double.rules.sessions.clear))
    assert not caught.value.outcome_unknown
    assert oracle.keys() == set()


def test_a_deadline_ends_the_tries(double: GcsDouble, backend: GcsBackend) -> None:
    def happens() -> None:
        double.troubles += [Trouble(0, 503)] * TRIES
        scope.expire()

    with pytest.raises(StorageError) as caught, deadlines.opened() as scope:
        backend.upload("big", Late(happens))
    assert caught.value.code in {"timeout", "unavailable"}
    assert len(double.troubles) >= TRIES - 1
    double.troubles.clear()


def test_no_message_holds_the_secret_of_the_session(double: GcsDouble, backend: GcsBackend) -> None:
    double.troubles += [Trouble(0)] * TRIES
    with pytest.raises(StorageError) as caught:
        backend.upload("big", io.BytesIO(DATA))
    chain: list[Any] = [caught.value]
    while parent := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(parent)
    [session] = {
        found[1] for line in double.requests if (found := re.search(r"upload_id=(\w+)", line))
    }
    assert session not in "".join(f"{each!r}{vars(each)}" for each in chain)
