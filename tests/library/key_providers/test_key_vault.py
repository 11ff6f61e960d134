"""Azure Key Vault as a provider: what it sends, and what each refusal of a vault becomes."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingenious_storage.errors import (
    KeyRefusedError,
)
from ingenious_storage.key_providers.base import Wrapped
from tests.library.key_providers.conftest import MASTER, MakeProvider
from tests.support.servers.vault import Answer, Vault

HOUR = 3600


def version_of(key_id: str) -> str:
    return key_id.rpartition("/")[2]


def test_a_wrap_asks_for_the_key_alone_and_an_unwrap_is_one_post(
    vault: Vault, provider: MakeProvider
) -> None:
    keys = provider()
    wrapped = keys.wrap(MASTER)
    assert vault.seen() == ["GET client-key", "GET client-key"], "the first without a token"
    assert wrapped.key_id == f"{vault.key_id}/{vault.keys.newest(vault.name)['id']}"
    assert wrapped.algorithm == "RSA-OAEP-256"
    assert keys.unwrap(wrapped) == MASTER
    assert vault.seen() == ["GET client-key", "POST client-key unwrapkey"]
    assert keys.wrap(MASTER).data != wrapped.data
    assert vault.seen() == ["GET client-key"]


def test_another_process_unwraps(provider: MakeProvider) -> None:
    assert provider().unwrap(provider().wrap(MASTER)) == MASTER


def test_after_a_rotation_the_newest_wraps_and_each_version_unwraps_its_own(
    vault: Vault, provider: MakeProvider
) -> None:
    keys = provider()
    old = keys.wrap(MASTER)
    vault.keys.rotate(vault.name)
    new = keys.wrap(MASTER)
    assert old.key_id != new.key_id == f"{vault.key_id}/{vault.keys.newest(vault.name)['id']}"
    for one in (keys, provider()):
        assert [one.unwrap(old), one.unwrap(new)] == [MASTER, MASTER]
    described = keys.describe()
    assert (described.key_id, described.other_versions) == (new.key_id, 1)


def test_describe_is_one_request(vault: Vault, provider: MakeProvider) -> None:
    newest = vault.keys.newest(vault.name)
    vault.keys.change(vault.name, "", {"exp": newest["created"] + HOUR})
    keys = provider()
    keys.describe()
    vault.seen()
    found = keys.describe()
    assert vault.seen() == ["GET client-key versions"]
    assert found.key_id == f"{vault.key_id}/{newest['id']}"
    assert found.enabled
    assert found.created_at == datetime.fromtimestamp(newest["created"], UTC)
    assert found.expires_at == datetime.fromtimestamp(newest["created"] + HOUR, UTC)
    assert found.other_versions == 0


def test_a_disabled_version(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    old = keys.wrap(MASTER)
    vault.keys.rotate(vault.name)
    new = keys.wrap(MASTER)
    vault.keys.change(vault.name, version_of(new.key_id), {"enabled": False})
    for call in (lambda: keys.wrap(MASTER), lambda: keys.unwrap(new)):
        with pytest.raises(KeyRefusedError, match="403 KeyDisabled") as refusal:
            call()
        assert refusal.value.service_code == "KeyDisabled"
        assert refusal.value.hint.startswith("Enable that version")
    assert keys.unwrap(old) == MASTER, "the other version is not"
    assert not keys.describe().enabled
    vault.keys.change(vault.name, version_of(new.key_id), {"enabled": True})
    assert keys.unwrap(new) == MASTER


def test_a_deleted_key_and_one_that_was_recovered(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    wrapped = keys.wrap(MASTER)
    vault.keys.delete(vault.name)
    for call in (lambda: keys.wrap(MASTER), lambda: keys.unwrap(wrapped)):
        with pytest.raises(KeyRefusedError, match="404 KeyNotFound") as refusal:
            call()
        assert "recovered" in refusal.value.hint
    with pytest.raises(KeyRefusedError, match="there is no key"):
        keys.describe()
    vault.keys.recover(vault.name)
    assert keys.unwrap(wrapped) == MASTER


@pytest.mark.parametrize(
    ("right", "refused"),
    [("get", ["wrap"]), ("unwrapKey", ["unwrap"]), ("wrapKey", []), ("list", [])],
)
def test_a_right_that_is_missing(
    vault: Vault, provider: MakeProvider, right: str, refused: list[str]
) -> None:
    """A wrap never sends the key to the vault, so that the right to wrap is not even needed."""
    wrapped = provider().wrap(MASTER)
    vault.rights.discard(right)
    keys = provider()
    found = []
    for name, call in (
        ("wrap", lambda: keys.wrap(MASTER)),
        ("unwrap", lambda: keys.unwrap(wrapped)),
        ("describe", keys.describe),
    ):
        try:
            call()
        except KeyRefusedError as error:
            found.append((name, error.service_code, "Key Vault Crypto User" in error.hint))
    assert found == [(name, "ForbiddenByRbac", True) for name in refused]
    assert not any("wrapkey" in path and "unwrap" not in path for path in vault.seen())


def test_without_the_right_to_list_other_versions_are_not_told(
    vault: Vault, provider: MakeProvider
) -> None:
    vault.rights.discard("list")
    found = provider().describe()
    assert (found.key_id, found.other_versions) == (provider().wrap(MASTER).key_id, None)
    vault.rights.discard("get")
    with pytest.raises(KeyRefusedError, match="ForbiddenByRbac"):
        provider().describe()


def test_the_firewall_of_the_vault(vault: Vault, provider: MakeProvider) -> None:
    error = {"code": "Forbidden", "innererror": {"code": "ForbiddenByFirewall"}}
    vault.server.fault = lambda *_: Answer(403, {"error": error})
    keys = provider()
    for call in (lambda: keys.wrap(MASTER), keys.describe):
        with pytest.raises(KeyRefusedError, match="ForbiddenByFirewall") as refusal:
            call()
        assert "this network" in refusal.value.hint


def test_what_another_key_wrapped(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    old = keys.wrap(MASTER)
    vault.keys.rotate(vault.name)
    new = keys.wrap(MASTER)
    for wrong in (Wrapped(old.data, new.key_id, new.algorithm), Wrapped(b"", *_rest(old))):
        with pytest.raises(KeyRefusedError, match="400 BadParameter"):
            keys.unwrap(wrong)


def test_what_the_key_wrapped_is_no_master_key(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    with pytest.raises(KeyRefusedError, match="gave 3 bytes, not 32"):
        keys.unwrap(keys.wrap(b"abc"))


def _rest(wrapped: Wrapped) -> tuple[str, str]:
    return wrapped.key_id, wrapped.algorithm


@pytest.mark.parametrize(
    "change",
    [
        lambda found: Wrapped(found.data, found.key_id.rpartition("/")[0], found.algorithm),
        lambda found: Wrapped(found.data, found.key_id + "/", found.algorithm),
        lambda found: Wrapped(
            found.data, found.key_id.replace("client-key", "their-key"), found.algorithm
        ),
        lambda found: Wrapped(
            found.data, found.key_id.replace("127.0.0.1", "evil.example"), found.algorithm
        ),
        lambda found: Wrapped(
            found.data,
            "https://theirs.vault.azure.net/keys/client-key/" + "0" * 32,
            found.algorithm,
        ),
        lambda found: Wrapped(found.data, "file:key/1", found.algorithm),
        lambda found: Wrapped(found.data, found.key_id, "RSA1_5"),
    ],
)
def test_a_record_that_names_another_key_is_refused_before_any_request(
    vault: Vault, provider: MakeProvider, change: Any
) -> None:
    keys = provider()
    wrapped = keys.wrap(MASTER)
    vault.seen()
    with pytest.raises(KeyRefusedError):
        keys.unwrap(change(wrapped))
    assert vault.seen() == []


def test_an_expired_key_unwraps_and_does_not_wrap(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    wrapped = keys.wrap(MASTER)
    now = datetime.now(UTC)
    for attributes, problem in (
        ({"exp": int(now.timestamp()) + HOUR}, None),
        ({"exp": int(now.timestamp()) - HOUR}, "expired at"),
        ({"exp": None, "nbf": int(now.timestamp()) + HOUR}, "not to be used before"),
        ({"nbf": None}, None),
    ):
        vault.keys.change(vault.name, "", attributes)
        if problem is None:
            keys.wrap(MASTER)
        else:
            with pytest.raises(KeyRefusedError, match=problem):
                keys.wrap(MASTER)
        assert keys.unwrap(wrapped) == MASTER
    vault.keys.change(vault.name, "", {"exp": int(now.timestamp()) + HOUR})
    with pytest.raises(KeyRefusedError, match="expired at"):
        provider(clock=lambda: now + timedelta(hours=2)).wrap(MASTER)


def test_it_is_not_pickled_and_shows_where_the_key_is(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    assert keys.place == vault.key_id
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(keys)
    keys.close()
    keys.close()
    assert keys.unwrap(keys.wrap(MASTER)) == MASTER, "it opens again"
