"""Hostile answers, as a store sees them: StorageErrors that say whether a write may have landed."""

from __future__ import annotations

import pytest

from ingenious_storage.backends.rest.calls import WRITES, Call, Request
from ingenious_storage.backends.rest.service import Service
from ingenious_storage.errors import OperationTimeoutError, StorageError, UnavailableError
from ingenious_storage.http.answers import Response
from ingenious_storage.http.client import Client
from ingenious_storage.http.errors import Failure
from tests.support.hostile import HOSTILE, LIMIT, Hostile
from tests.support.polling import with_time_enough
from tests.support.servers.scripted import scripted_server


def refuse(call: Call, answer: Response) -> StorageError:
    raise AssertionError(f"{call.operation} was answered {answer.status}")


@pytest.mark.parametrize("row", HOSTILE, ids=lambda row: row.name)
def test_a_write_may_have_landed(row: Hostile) -> None:
    is_late = row.failure is Failure.TIMEOUT

    def met(timeout: float) -> StorageError:
        with scripted_server(row.talk) as server:
            service = Service(Client(server.url, timeout=timeout), lambda _request: None, refuse)
            request = Request("PUT", "/k", headers={"X-A": "b"}, body=b"data")
            with pytest.raises(OperationTimeoutError if is_late else UnavailableError) as caught:
                service.send(Call("put", "k"), request, limit=LIMIT)
        assert f"127.0.0.1:{server.port} ({row.failure}: " in caught.value.message
        return caught.value

    error = with_time_enough(
        met, lambda error: error.outcome_unknown, seconds=0.3 if is_late else 20
    )
    assert error.outcome_unknown
    assert error.retryable
    assert (error.operation, error.key) == ("put", "k")


def test_a_read_has_no_outcome() -> None:
    with scripted_server(HOSTILE[0].talk) as server:
        service = Service(Client(server.url, timeout=20), lambda _request: None, refuse)
        for operation in ("get", "head", "list", *sorted(WRITES)):
            with pytest.raises(UnavailableError) as caught:
                service.send(Call(operation, "k"), Request("GET", "/k"))
            assert caught.value.outcome_unknown == (operation in WRITES)


def test_what_was_not_sent_has_not_landed() -> None:
    client = Client("http://none.invalid", timeout=20)
    with pytest.raises(UnavailableError) as caught:
        Service(client, lambda _request: None, refuse).send(Call("put", "k"), Request("PUT", "/k"))
    assert not caught.value.outcome_unknown
    assert caught.value.retryable
    assert "none.invalid:80" in caught.value.hint


def test_https_where_http_is_spoken_is_named() -> None:
    with scripted_server(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        url = server.url.replace("http:", "https:")
        service = Service(Client(url, timeout=20), lambda _request: None, refuse)
        with pytest.raises(UnavailableError) as caught:
            service.send(Call("put", "k"), Request("PUT", "/k"))
    assert "speak plain http?" in caught.value.hint
    assert not caught.value.outcome_unknown
