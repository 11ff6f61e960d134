"""Key providers by their names, and what is imported before one is chosen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import StorageSettings, load_settings
from ingenious_storage.errors import ConfigurationError, KeyRefusedError
from ingenious_storage.key_providers import registry
from ingenious_storage.key_providers.key_file import KeyFile

Offer = Callable[..., None]


def settings(**encryption: str) -> StorageSettings:
    overrides = {f"storage.encryption.{key}": value for key, value in encryption.items()}
    return load_settings(overrides={"storage.type": "inmemory", **overrides}).storage


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Install the metadata of a distribution that offers a provider, whose function is `opens`."""

    def install(dist: str, value: str = "toy_vault:opens", **things: object) -> None:
        folder = tmp_path / "site" / f"{dist}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[{registry.GROUP}]\ntoy = {value}\n")
        monkeypatch.syspath_prepend(folder.parent)
        module = ModuleType("toy_vault")
        vars(module).update(things)
        monkeypatch.setitem(sys.modules, "toy_vault", module)

    return install


def test_a_key_file_is_opened_without_a_look_at_it(tmp_path: Path) -> None:
    provider = registry.open_provider(
        settings(provider="key_file", key_file=str(tmp_path / "none"))
    )
    assert (provider.name, provider.place) == ("key_file", str(tmp_path / "none"))
    with pytest.raises(KeyRefusedError):
        provider.describe()


def test_encryption_that_is_off_has_no_provider() -> None:
    with pytest.raises(ConfigurationError, match="encryption is off"):
        registry.open_provider(settings())


def test_an_unknown_provider_is_told_before_any_request() -> None:
    for call in (
        lambda: registry.open_provider(settings(provider="toy")),
        lambda: Storage.from_config(
            overrides={"storage.type": "inmemory", "storage.encryption.provider": "toy"}
        ),
    ):
        with pytest.raises(ConfigurationError, match="there is no key provider toy") as caught:
            call()
        assert "key_file, azure_key_vault" in caught.value.hint


def test_another_distribution_brings_a_provider(offer: Offer, tmp_path: Path) -> None:
    vault = KeyFile.create(tmp_path / "key")
    offer("toy", opens=lambda settings: vault)
    assert registry.open_provider(settings(provider="toy")) is vault


def test_a_distribution_that_brings_rubbish_is_named(offer: Offer) -> None:
    offer("toy", opens=lambda settings: object())
    with pytest.raises(ConfigurationError, match="the key provider toy gives no"):
        registry.open_provider(settings(provider="toy"))
    vars(sys.modules["toy_vault"]).pop("opens")
    with pytest.raises(ConfigurationError, match="of toy cannot be loaded: AttributeError"):
        registry.open_provider(settings(provider="toy"))


def test_two_distributions_that_bring_one_name_are_named(offer: Offer) -> None:
    offer("toy")
    offer("other", "toy_vault:opened")
    with pytest.raises(ConfigurationError, match="other and toy both bring"):
        registry.open_provider(settings(provider="toy"))


def test_both_containers_share_one_provider(offer: Offer, tmp_path: Path) -> None:
    vault, opened = KeyFile.create(tmp_path / "key"), list[StorageSettings]()

    def opens(settings: StorageSettings) -> KeyFile:
        opened.append(settings)
        return vault

    offer("toy", opens=opens)
    with Storage(
        load_settings(overrides={"storage.type": "inmemory", "storage.encryption.provider": "toy"}),
        backend=lambda settings, name: InMemoryBackend(),
    ) as storage:
        storage.memory.save_memory("c", [])
        storage.revisions.save_text("notes/a", "a")
    assert len(opened) == 1


@pytest.mark.parametrize("provider", [None, "key_file"])
def test_nothing_heavy_is_imported_before_encryption_is_on(
    provider: str | None, tmp_path: Path
) -> None:
    KeyFile.create(tmp_path / "key")
    encryption = {"provider": provider, "key_file": str(tmp_path / "key")} if provider else {}
    overrides = {"storage.type": "inmemory"}
    overrides |= {f"storage.encryption.{key}": value for key, value in encryption.items()}
    code = (
        "import json, sys; from ingenious_storage import Storage\n"
        f"s = Storage.from_config(overrides=json.loads({json.dumps(overrides)!r}))\n"
        "s.memory.save_memory('c', [])\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"cryptography", "cachetools", "azure"} & {*done.stdout.split()}
    assert heavy == ({"cryptography", "cachetools"} if provider else set())
