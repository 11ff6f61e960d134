"""The section `storage.http`, which every store with an HTTP API gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.backends.azure.sdk.transport import make_session
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import Trust
from tests.library.config.conftest import Load

URL = "https://contosoagents.blob.core.windows.net"


def test_every_account_gets_it(load: Load) -> None:
    storage = load(
        config="""
storage:
  type: azure_blob
  http: {ca_file: ~/ca.pem, client_certificate: /c.pem, client_key: /k.pem}
  account_name: contosoagents
  s3: {region: eu-central-1}
"""
    ).storage
    trust = Trust(str(Path("~/ca.pem").expanduser()), "/c.pem", "/k.pem")
    assert storage.azure_account().trust == trust
    assert storage.s3_account().trust == trust
    assert storage.gcs_account().trust == trust


def test_a_key_needs_its_certificate(load: Load) -> None:
    with pytest.raises(ConfigurationError, match=r"client_key \(config.yml:1\) is set without"):
        load(config="storage: {http: {client_key: /k.pem}}")


def test_the_sdk_gets_it_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, certificate, key = (tmp_path / name for name in ("ca.pem", "c.pem", "k.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    trust = Trust(str(ca), str(certificate), str(key))
    for path, said in (
        (ca, "no CA file"),
        (certificate, "no client cert"),
        (key, "no client cert"),
    ):
        with pytest.raises(ConfigurationError, match=said) as caught:
            make_session(URL, trust)
        assert str(path) in caught.value.message
        assert "storage.http" in caught.value.hint
        path.touch()
    with make_session(URL, trust) as session:
        assert session.verify == str(ca)
        assert session.cert == (str(certificate), str(key))
