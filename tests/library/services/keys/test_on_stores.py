"""Keys on a store of each API: a plain container is encrypted, its keys live and are destroyed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_storage import Storage
from ingenious_storage.backends.base import TEXT, Properties, PutOptions
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import KeyDestroyedError
from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.services.keys.setting import MAGIC
from tests.support.stores import QUICK, running

MIB = 1024 * 1024
LARGE = bytes(range(251)) * (9 * MIB // 251)
NONE = timedelta(0)
KEPT = Properties(content_language="de", metadata={"owner": "ann"})
DOCUMENTS = 300


@pytest.mark.slow
@pytest.mark.parametrize("name", ["local", *QUICK])
def test_the_life_of_keys(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str, name: str
) -> None:
    if name == "local":
        where: dict[str, Any] = {"type": "local", "base_path": tmp_path / "data"}
    else:
        store = running(name, request)
        where = {"type": store.type, store.api: dict(store.section)}
    where["container_data"] = container_name
    where["container_revisions"] = f"{container_name[:50]}-other"
    path = tmp_path / "keys.json"

    def opened(**encryption: Any) -> Storage:
        given = {"provider": "key_file", "key_file": path, **encryption} if encryption else {}
        return Storage(Settings(storage=StorageSettings(**where, encryption=given)))

    with opened() as plain:
        for number in range(40):
            plain.memory.append_messages("long", [{"role": "user", "content": f"words {number}"}])
        for number in range(10):
            plain.memory.save_memory(f"c{number}", number)
        plain.memory.delete_memory("c1")
        plain.data.save_bytes("large", LARGE)
        plain.data.backend.put("a.txt", b"words", PutOptions(TEXT, KEPT))
        before = {key: plain.data.load_bytes(key) for key in plain.data.list_keys()}
    with opened(accept_plain=True) as storage:
        [old] = [made.master for made in [storage.keys.init().containers["data"]]]
        found = storage.keys.encrypt()["data"]
        assert (found.written, found.failures) == (len(before), {})
        assert storage.keys.encrypt()["data"].already == len(before)
        assert storage.keys.verify()["data"].problems == []
    with opened(accept_plain=False) as strict:
        for key, data in before.items():
            assert strict.data.load_bytes(key) == data
            with strict.keys.open_blob("data", key, raw=True) as raw:
                assert raw.read(4) == MAGIC
        info = strict.data.backend.head("a.txt")
        if strict.data.backend.keeps_properties:
            assert (info.content_type, info.properties) == (TEXT, KEPT)
        strict.keys.rotate()
        strict.keys.rotate_key_file()
        assert strict.keys.rewrap()["data"].rewrapped == 2
        for conversation in list(strict.memory.list_conversations()):
            strict.memory.purge_memory(conversation)
        strict.memory.purge_memory("c1")
        assert strict.keys.destroy(old, grace=NONE)["data"].masters == (old,)
    with opened(accept_plain=False) as other:
        assert other.data.load_bytes("large") == LARGE
        verified = other.keys.verify()["data"]
        assert (verified.problems, verified.masters) == ([], 1)
        assert other.keys.destroy_everything("data")["data"].masters != ()
    with opened(accept_plain=False) as nobody, pytest.raises(KeyDestroyedError):
        nobody.data.load_bytes("large")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    with Storage(
        Settings(storage=StorageSettings(type="local", base_path=tmp_path / "data"))
    ) as plain:
        for number in range(DOCUMENTS):
            plain.memory.save_memory(f"c{number}", {"n": number})
    KeyFile.create(tmp_path / "keys.json")
    encryption = {"provider": "key_file", "key_file": "keys.json", "accept_plain": True}
    where = {"type": "local", "base_path": "data", "encryption": encryption}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({"storage": where}))
    args = [sys.executable, "-m", "ingenious_ops", "keys", "encrypt", "--workers", "2"]
    heads = tmp_path / "data/ingenious-data/conversations"

    def sealed() -> int:
        return sum(head.read_bytes().startswith(MAGIC) for head in heads.glob("*/memory.json"))

    for count in (20, 120):
        with subprocess.Popen(args, cwd=tmp_path, env=os.environ) as process:
            while sealed() < count and process.poll() is None:
                time.sleep(0.01)
            process.kill()
        assert sealed() >= count
    assert sealed() < DOCUMENTS
    subprocess.run(args, cwd=tmp_path, check=True)
    assert sealed() == DOCUMENTS
    settings = StorageSettings(
        type="local",
        base_path=tmp_path / "data",
        encryption={"provider": "key_file", "key_file": tmp_path / "keys.json"},
    )
    with Storage(Settings(storage=settings)) as storage:
        assert all(storage.memory.load_memory(f"c{n}") == {"n": n} for n in range(DOCUMENTS))
        verified = storage.keys.verify()["data"]
        assert (verified.problems, verified.documents) == ([], DOCUMENTS)
