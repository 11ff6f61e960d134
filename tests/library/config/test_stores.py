"""Stores of other distributions: what is damaged or clashes is told, and others do not pay."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import pytest
from pydantic import SecretStr, ValidationError

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.registry import STORES, Store, find_store
from ingenious_storage.config import StorageSettings, StoreSettings, explain
from ingenious_storage.config.models import SECTION_OF
from ingenious_storage.config.stores import offered
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.wiring import build_backend
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

Offer = Callable[..., None]


class Inner(StoreSettings):
    depth: int = 1


class ToySettings(StoreSettings):
    size: int = 3
    secret: SecretStr | None = None
    inner: Inner = Inner()
    checked: ClassVar[list[int]] = []

    def check(self) -> None:
        self.checked.append(self.size)


TOY = Store(ToySettings, lambda settings, container: InMemoryBackend())


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Install the metadata of a distribution that offers a store; its module holds `things`."""

    def install(dist: str, name: str, value: str = "toy_store:STORE", **things: object) -> None:
        folder = tmp_path / "site" / f"{dist}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[{offered.GROUP}]\n{name} = {value}\n")
        monkeypatch.syspath_prepend(folder.parent)
        if things:
            module = ModuleType("toy_store")
            vars(module).update(things)
            monkeypatch.setitem(sys.modules, "toy_store", module)

    return install


def test_its_section_is_as_good_as_ours(load: Load, offer: Offer) -> None:
    offer("toys", "toy", STORE=TOY)
    settings = load(
        config=f"storage:\n  type: toy\n  toy:\n    secret: {CANARY}\n    inner: {{depth: 2}}\n",
        environ={"INGENIOUS_STORAGE__TOY__SIZE": "5"},
    )
    lines = {line.key: (line.value, line.origin) for line in explain(settings)}
    assert lines["storage.toy.size"] == ("5", "INGENIOUS_STORAGE__TOY__SIZE")
    assert lines["storage.toy.secret"] == ("***", "config.yml:4")
    assert lines["storage.toy.inner.depth"] == ("2", "config.yml:5")
    assert CANARY not in f"{settings} {settings.storage.model_dump_json()}"
    assert settings.storage.store == settings.storage.section(ToySettings)
    assert settings.storage.section(ToySettings).size == 5
    assert ToySettings.checked[-1] == 5
    assert isinstance(build_backend(settings.storage, "c"), InMemoryBackend)


def test_it_is_made_in_code_too(offer: Offer) -> None:
    offer("toys", "toy", STORE=TOY)
    assert StorageSettings(type="toy").section(ToySettings).size == 3
    made = StorageSettings(type="toy", toy={"size": 4})
    assert made == StorageSettings(type="toy", toy=ToySettings(size=4))
    assert made.model_copy(update={"workers": 2}).section(ToySettings).size == 4
    with pytest.raises(ValidationError, match=r"toy\.siz\n"):
        StorageSettings(type="toy", toy={"siz": 4})


def test_its_section_may_be_there_although_another_store_is_chosen(
    load: Load, offer: Offer
) -> None:
    offer("toys", "toy", STORE=TOY)
    found = load(config="storage: {toy: {size: 9}}").storage
    assert (found.type, found.section(ToySettings).size) == ("local", 9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{siz: 1}", "storage.toy.siz (config.yml:1) is not a key that exists"),
        ("{inner: {dept: 1}}", "storage.toy.inner.dept (config.yml:1) is not a key that exists"),
        ("{size: big}", "storage.toy.size (config.yml:1): must be a valid integer"),
        ("3", "storage.toy (config.yml:1): must be"),
    ],
)
def test_what_its_section_refuses(load: Load, offer: Offer, text: str, said: str) -> None:
    offer("toys", "toy", STORE=TOY)
    refused(lambda: load(config=f"storage: {{type: toy, toy: {text}}}"), said)


DAMAGED = {
    "no module": ({"value": "no_such_module:STORE"}, "cannot be loaded: ModuleNotFoundError"),
    "no such name": ({"other": 1}, "the store toy of toys cannot be loaded: AttributeError"),
    "no settings": ({"STORE": 1}, "the store toy of toys has no `settings` that derive from"),
    "other settings": (
        {"STORE": SimpleNamespace(settings=int)},
        "the store toy of toys has no `settings` that derive from StoreSettings",
    ),
}


@pytest.mark.parametrize(("things", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_one_is_told(load: Load, offer: Offer, things: dict[str, str], said: str) -> None:
    offer("toys", "toy", **things)
    refused(lambda: load(config="storage: {type: toy}"), "storage.type (config.yml:1): ", said)
    refused(lambda: load(config="storage: {toy: {a: 1}}"), "storage.toy", "(config.yml:1)", said)
    with pytest.raises(ConfigurationError, match="the store toy of toys"):
        find_store("toy")


def test_one_that_ends_the_process_is_told(load: Load, offer: Offer, tmp_path: Path) -> None:
    offer("toys", "toy", "ending_store:STORE")
    (tmp_path / "site" / "ending_store.py").write_text("raise SystemExit(3)")
    refused(lambda: load(config="storage: {type: toy}"), "the store toy of toys cannot be loaded")


def test_what_has_settings_and_opens_nothing_is_told(load: Load, offer: Offer) -> None:
    offer("toys", "toy", STORE=SimpleNamespace(settings=ToySettings))
    settings = load(config="storage: {type: toy}").storage
    refused(lambda: build_backend(settings, "c"), "the store toy of toys is no ", "registry.Store")


def test_two_of_one_name_are_told(load: Load, offer: Offer) -> None:
    offer("toys", "toy", STORE=TOY)
    offer("games", "toy", "game_store:STORE")
    refused(lambda: load(config="storage: {type: toy}"), "games and toys both bring a store toy")


@pytest.mark.parametrize("name", ["timeout", "account_name", "azure", "retry"])
def test_a_name_that_is_a_key_of_ours_is_told(load: Load, offer: Offer, name: str) -> None:
    offer("toys", name, STORE=TOY)
    refused(
        lambda: load(config=f"storage: {{type: {name}}}"),
        f"storage.type (config.yml:1): the store {name} of toys has a name that is taken",
    )


def test_one_that_nobody_brings_is_unknown(load: Load, offer: Offer) -> None:
    offer("toys", "toy", STORE=TOY)
    expected = (
        "storage.type (config.yml:1): must be 'local', 'azure_blob', 's3', 'gcs', "
        "'inmemory', 'sharded' or 'toy'"
    )
    refused(lambda: load(config="storage: {type: play}"), expected)
    refused(lambda: load(config="storage: {play: {}}"), "storage.play (config.yml:1) is not a key")
    refused(lambda: find_store("play"), "there is no store play")


def test_only_names_that_can_be_chosen_are_offered(load: Load, offer: Offer) -> None:
    offer("toys", "local", STORE=TOY)
    offer("games", "timeout", STORE=TOY)
    expected = (
        "storage.type (config.yml:1): must be 'local', 'azure_blob', 's3', 'gcs', "
        "'inmemory' or 'sharded'"
    )
    refused(lambda: load(config="storage: {type: play}"), expected)


def test_who_chooses_a_store_of_ours_reads_no_entry_point(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(**_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(offered, "entry_points", forbidden)
    text = "storage: {type: inmemory, timeout: 3, local: {base_path: x}, account_name: contoso}"
    build_backend(load(config=text).storage, "c")


def test_the_registry_and_the_sections_name_the_same_stores() -> None:
    assert [*STORES] == [*SECTION_OF]
    for name, store in STORES.items():
        assert store.settings.store == name
        assert type(getattr(StorageSettings(), SECTION_OF[name])) is store.settings
