"""What a native call loads: no SDK where a key or a SAS signs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.library.backends.azure.test_secrets import sas

if TYPE_CHECKING:
    from tests.support.servers.azurite import Azurite

CALLS = """
import io, json, sys
from ingenious_storage.backends.base import GetOptions, IfAbsent, PutOptions
from ingenious_storage.config import load_settings
from ingenious_storage.errors import NotFoundError
from ingenious_storage.wiring import build_backend

storage = load_settings(overrides=json.loads(sys.argv[1]), environ={}).storage
backend = build_backend(storage, storage.container_data)
backend.ensure_container()
backend.put("k", b"value", PutOptions(condition=IfAbsent()))
assert backend.get("k", GetOptions(byte_range=(1, 2))).data == b"al"
backend.upload("large", io.BytesIO(b"x" * 100))
assert [blob.key for blob in backend.list().blobs] == ["k", "large"]
backend.head("k")
backend.now()
assert backend.delete_many([str(number) for number in range(300)] + ["k"])["k"] is None
try:
    backend.get("k")
except NotFoundError:
    pass
backend.close()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
HEAVY = {"azure", "botocore", "google", "requests", "urllib3", "msal", "cryptography"}


@pytest.mark.parametrize("signs", ["connection_string", "sas_token"])
def test_a_key_or_a_sas_needs_no_sdk(signs: str, azurite: Azurite, container_name: str) -> None:
    given = {"storage.type": "azure_blob", "storage.container_data": container_name}
    if signs == "sas_token":
        given |= {"storage.endpoint": azurite.account_url, "storage.sas_token": sas(azurite)}
    else:
        given |= {"storage.connection_string": azurite.connection_string}
    command = [sys.executable, "-W", "error", "-c", CALLS, json.dumps(given)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=200)
    loaded = set(json.loads(done.stdout))
    assert "httptools" in loaded
    assert not HEAVY & loaded
