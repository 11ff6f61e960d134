"""What a process loads and shares: no library of Google without need, no connection of a parent."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.backends.gcs.credentials import GoogleCredential
from ingenious_storage.backends.gcs.resumable import Session
from ingenious_storage.backends.gcs.service import GcsService
from ingenious_storage.backends.gcs.transport import TokenTransport
from ingenious_storage.backends.rest.calls import Call
from ingenious_storage.config.buckets.gcs import GcsAccount
from tests.support.gcs import BucketOracle
from tests.support.servers.gcs_double import GcsDouble

SCRIPT = """
import io, os, sys
from ingenious_storage import Storage
with Storage.from_config() as storage:
    storage.memory.append_messages("c", [{"role": "user", "content": "hello"}])
    assert storage.memory.load_memory("c")["messages"]
    backend = storage.data.backend
    backend.upload("large", io.BytesIO(bytes(9_000_000)))
    assert backend.head("large").size == 9_000_000
    assert len(backend.list().blobs) >= 2
    backend.delete("large")
sdks = {"google", "azure", "boto3", "botocore"}
print(sorted(name for name in sys.modules if name.split(".")[0] in sdks))
"""


def test_an_emulator_needs_nothing_of_google(double: GcsDouble, container_name: str) -> None:
    """`google` alone may be there: namespace packages of other distributions make it."""
    environ = {
        **os.environ,
        "INGENIOUS_STORAGE__TYPE": "gcs",
        "STORAGE_EMULATOR_HOST": double.url,
        "INGENIOUS_STORAGE__GCS__PROJECT": "test",
        "INGENIOUS_STORAGE__CONTAINER_DATA": container_name[:60] + "-d",
        "INGENIOUS_STORAGE__CONTAINER_REVISIONS": container_name[:60] + "-r",
        "PYTHONPATH": str(Path.cwd()),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environ,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"[]", "['google']"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_has_connections_of_its_own(double: GcsDouble, container_name: str) -> None:
    BucketOracle(double.url, container_name).create()
    backend = GcsBackend(GcsAccount(double.url, is_anonymous=True), container_name)
    backend.put("k", b"parent")
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                for turn in range(20):
                    data = f"{number} {turn}".encode()
                    backend.put(f"child/{number}", data)
                    if backend.get(f"child/{number}").data != data:
                        os._exit(2)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(pid)
    for _ in range(20):
        assert backend.get("k").data == b"parent"
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
    backend.close()


def test_nothing_that_may_hold_a_secret_is_pickled() -> None:
    account = GcsAccount("http://127.0.0.1:9", is_anonymous=True)
    service = GcsService(account, None)
    for held in (
        account,
        GcsBackend(account, "b"),
        service,
        GoogleCredential(account),
        TokenTransport(account),
        Session(service, Call("upload", "k")),
    ):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(held)
