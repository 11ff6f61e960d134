"""A canary: no master key, token or client secret in any log line, error or traceback."""

from __future__ import annotations

import io
import logging
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from ingenious_storage.errors import StorageError
from ingenious_storage.key_providers.base import Wrapped
from tests.library.key_providers.conftest import MASTER, MakeProvider
from tests.support.credentials import FakeCredential
from tests.support.servers.vault import CUT, Answer, Vault


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, at DEBUG."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


def test_nothing_secret_is_told(vault: Vault, provider: MakeProvider, log: io.StringIO) -> None:
    credential = FakeCredential()
    keys = provider(credential)
    wrapped = keys.wrap(MASTER)
    secret = urlsafe_b64encode(MASTER).decode().rstrip("=")
    answers = (
        None,
        CUT,
        Answer(200, '{"kid": "x", "value": "' + secret + '"'),
        Answer(200, {"kid": "x", "value": secret + "!"}),
        Answer(500, secret),
        Answer(403, {"error": {"code": "Forbidden", "message": secret}}),
        vault.server.contract.answer("GET", "/", None, b""),
    )
    calls: tuple[Callable[[], object], ...] = (
        lambda: keys.wrap(MASTER),
        lambda: keys.unwrap(wrapped),
        lambda: keys.unwrap(Wrapped(b"x", wrapped.key_id, wrapped.algorithm)),
        keys.describe,
    )
    said = [repr(keys), keys.place, repr(wrapped)]
    for answer in answers:
        vault.server.fault = lambda *_, answer=answer: answer
        for call in calls:
            with suppress(StorageError):
                _tell(call, said)
    told = "\n".join([*said, log.getvalue()])
    assert "unwrapkey" in told, "the log was listened to"
    token = credential.get_token("").token
    for canary in (secret, MASTER.hex(), repr(MASTER), b64encode(MASTER).decode(), token[-60:]):
        assert canary not in told


def _tell(call: Callable[[], object], said: list[str]) -> None:
    try:
        call()
    except StorageError as error:
        said += [repr(error), str(error), error.hint, *traceback.format_exception(error)]
        raise
