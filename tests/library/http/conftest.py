"""No test of the HTTP path goes by a proxy, or trusts a CA file, of this machine."""

from __future__ import annotations

import os

import pytest

from ingenious_storage.http.trust import CA_VARIABLES
from tests.support.authority import Authority


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    named = [name for name in os.environ if name.lower().endswith("_proxy")]
    for name in (*named, *CA_VARIABLES, "REQUEST_METHOD", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
