"""Split rights, as in production: who writes one container may not write the other.

Each identity is a SAS of Azurite for each container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from pydantic import SecretStr

from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Role, Settings, StorageSettings
from ingenious_storage.errors import (
    ConfigurationError,
    KeyRefusedError,
    NotFoundError,
    PermissionDeniedError,
    PromptNotFoundError,
    StorageError,
)
from ingenious_storage.wiring import build_backend
from tests.support.faults import FaultyBackend, Request
from tests.support.servers.azurite import Azurite

READS, WRITES, NOTHING = "rl", "racwdl", "i"
NONE = timedelta(0)
Open = Callable[..., Storage]
Stored = dict[str, str]
Asked = dict[str, list[Request]]


@pytest.fixture
def asked() -> Asked:
    """Requests of the identity that was opened last, by the name of the container."""
    return {}


@pytest.fixture
def opened(azurite: Azurite, container_name: str, tmp_path: Path, asked: Asked) -> Iterator[Open]:
    """`opened(data, revisions)`: the storage of an identity with these rights; all without."""
    closing = ExitStack()
    names: dict[Role, str] = {
        "data": f"{container_name[:50]}-data",
        "revisions": f"{container_name[:50]}-revisions",
    }

    def settings(**account: Any) -> StorageSettings:
        return StorageSettings(
            type="azure_blob",
            container_data=names["data"],
            container_revisions=names["revisions"],
            auto_create_containers=not account.get("sas_token"),
            encryption={"provider": "key_file", "key_file": tmp_path / "keys.json"},
            **account,
        )

    def make(data: str = "", revisions: str = "") -> Storage:
        if not data:
            given = settings(connection_string=azurite.connection_string)
            return closing.enter_context(Storage(Settings(storage=given)))
        rights = {names["data"]: data, names["revisions"]: revisions}

        def limited(_: StorageSettings, name: str) -> Backend:
            token = SecretStr(_sas(azurite, name, rights[name]))
            made = FaultyBackend(build_backend(_account(azurite, settings, token), name))
            asked[name] = made.requests
            return made

        given = _account(azurite, settings, SecretStr("sig=not-used"))
        return closing.enter_context(Storage(Settings(storage=given), backend=limited))

    administrator = make()
    for role in names:
        administrator.containers.parts(role).stored.ensure_container()
    with closing:
        yield make


def _account(
    azurite: Azurite, settings: Callable[..., StorageSettings], token: SecretStr
) -> StorageSettings:
    return settings(
        account_name=azurite.account_name, endpoint=azurite.account_url, sas_token=token
    )


def _sas(azurite: Azurite, container: str, rights: str) -> str:
    return generate_container_sas(
        azurite.account_name,
        container,
        azurite.account_key,
        permission=ContainerSasPermissions.from_string(rights),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )


def stored(storage: Storage, role: Role) -> Stored:
    """The ETag of everything that lies there."""
    found = storage.containers.parts(role).stored.iterate()
    return {info.key: info.etag for info in found}


def test_each_identity_makes_the_keys_of_its_own_container(opened: Open) -> None:
    application, publisher = opened(WRITES, READS), opened(NOTHING, WRITES)
    administrator = opened()
    with pytest.raises(
        KeyRefusedError, match="may not see whether the container of the data has keys"
    ):
        publisher.keys.init("revisions")
    with pytest.raises(PermissionDeniedError, match=r"^done for data, refused for revisions: "):
        application.keys.init()
    assert set(stored(administrator, "revisions")) == set()
    [master] = application.keys.status("data").containers["data"].masters
    assert publisher.keys.init("revisions").containers["revisions"].made
    again = application.keys.init("data").containers
    assert [(role, made.master, made.made) for role, made in again.items()] == [
        ("data", master.id, False)
    ]

    application.memory.save_memory("c", {"text": "words"})
    publisher.prompts.create_set("s")
    with pytest.raises(PermissionDeniedError):
        application.prompts.create_set("t")
    with pytest.raises(PermissionDeniedError):
        publisher.memory.load_memory("c")
    assert list(application.prompts.list_sets()) == ["s"]
    assert set(application.keys.status().containers) == {"data", "revisions"}


def test_what_one_container_refuses_the_other_does_all_the_same(opened: Open) -> None:
    opened().keys.init()
    application, publisher = opened(WRITES, READS), opened(NOTHING, WRITES)
    before = stored(opened(), "revisions")
    acts: tuple[Callable[[], object], ...] = (
        application.keys.rotate,
        publisher.keys.status,
        publisher.keys.rotate,
        publisher.keys.verify,
        lambda: publisher.keys.destroy_everything(dry_run=True),
    )
    for act, done in zip(acts, ("data", *["revisions"] * 4), strict=True):
        with pytest.raises(PermissionDeniedError, match=f"^done for {done}, refused for ") as got:
            act()
        assert isinstance(got.value.__cause__, PermissionDeniedError)
        if done == "data":
            assert stored(opened(), "revisions") == before, "nothing may be left there"
    status = opened().keys.status().containers
    assert [len(status[role].masters) for role in ("data", "revisions")] == [2, 2]
    opened().keys.rotate_key_file()
    with pytest.raises(PermissionDeniedError, match=r"^done for data"):
        application.keys.rewrap()
    assert publisher.keys.rewrap("revisions")["revisions"].rewrapped == 2
    assert [each.rewrapped for each in opened().keys.rewrap().values()] == [0, 0]


def test_a_master_key_is_destroyed_by_who_has_the_container(opened: Open) -> None:
    made = opened().keys.init().containers
    data, revisions = made["data"].master, made["revisions"].master
    opened().keys.rotate()
    application, publisher = opened(WRITES, READS), opened(NOTHING, WRITES)
    with pytest.raises(PermissionDeniedError):
        publisher.keys.destroy(data, grace=NONE)  # the data container may have it
    with pytest.raises(NotFoundError):
        publisher.keys.destroy(data, "revisions", grace=NONE)
    with pytest.raises(PermissionDeniedError):
        application.keys.destroy(revisions, grace=NONE)
    assert publisher.keys.destroy(revisions, grace=NONE)["revisions"].masters == (revisions,)
    assert application.keys.destroy(data, grace=NONE)["data"].masters == (data,)


def test_the_application_reads_prompts_with_the_rights_of_a_reader(
    opened: Open, asked: Asked
) -> None:
    administrator = opened()
    administrator.keys.init("data")
    # Before anybody has published anything, a read makes no key.
    with pytest.raises(PromptNotFoundError):
        opened(WRITES, READS).prompts.get("s", "a.md")
    assert list(opened(WRITES, READS).prompts.list_sets()) == []
    assert stored(administrator, "revisions") == {}

    publisher = opened(NOTHING, WRITES)
    publisher.prompts.create_set("s")
    publisher.prompts.commit("s", {"a.md": "Be brief."})
    publisher.prompts.commit("s", {"a.md": "Be kind."})
    publisher.prompts.set_label("production", "s")
    before = stored(administrator, "revisions")
    for _ in range(2):
        application = opened(WRITES, READS)
        label = application.prompts.get_label("production")
        assert application.prompts.get(label.set, "a.md", revision=label) == "Be kind."
        assert len(list(application.prompts.history("s"))) == 3
        assert application.keys.verify("revisions")["revisions"].problems == []
        assert application.keys.status(count=True).containers["revisions"].documents == 2
        requests = asked[application.settings.storage.container_revisions]
        assert len(requests) > 10
        assert not [request for request in requests if request.writes], "not even tried"
    assert stored(administrator, "revisions") == before


def test_who_may_do_nothing_is_told_of_the_first(opened: Open) -> None:
    opened().keys.init()
    nobody = opened(NOTHING, NOTHING)
    for act in (nobody.keys.init, nobody.keys.status, nobody.keys.rotate, nobody.keys.verify):
        with pytest.raises(StorageError) as got:
            act()
        assert isinstance(got.value, PermissionDeniedError)
        assert "done for" not in got.value.message
    role: Any = "date"
    with pytest.raises(ConfigurationError, match="no container 'date'"):
        nobody.keys.rotate(role)
