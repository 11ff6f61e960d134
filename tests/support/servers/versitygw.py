"""A versitygw on loopback: an S3 server on a folder, a Go program that `make versitygw` builds.

What it does otherwise than S3, `tests/integration/servers/test_versitygw.py` shows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.integration.servers.install import SOURCE, TARGET
from tests.support.golang import installed
from tests.support.servers.guard import ServerError, free_ports, guarded, is_listening
from tests.support.servers.s3 import S3Server


@contextmanager
def run_versitygw(
    directory: Path, *, tls: bool = False, port: int = 0, timeout: float = 150.0
) -> Iterator[S3Server]:
    """Run a server of its own for the length of a `with` block, with its data in `directory`.

    With `tls` it speaks HTTPS, and `ca_file` says whom to trust. Its log is `versitygw.log` there.
    The test skips where it is not built, but not in CI, and where the disk or the system keeps no
    extended attributes, which hold ETags and metadata. Raises: ServerError.
    """
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    _check_attributes(data)
    program = installed(SOURCE, TARGET)
    if program is None:  # it takes minutes, and a test has two
        if os.environ.get("CI"):
            raise ServerError("versitygw is not built: run `make versitygw`")
        pytest.skip("versitygw is not built: run `make versitygw`")
    [port] = [port] if port else free_ports(1)
    ca_file = directory / "ca.pem" if tls else None
    scheme, secured = ("http", []) if ca_file is None else ("https", _secured(ca_file))
    server = S3Server("versitygw", f"{scheme}://127.0.0.1:{port}", ca_file)
    command: list[str | Path] = [program, "--port", f"127.0.0.1:{port}", "--quiet", *secured]
    command += ["--access", server.access_key_id, "--secret", server.secret_access_key]
    # Without it every connection is closed after its answer.
    command += ["--keep-alive", "posix", data]
    with guarded(
        command,
        cwd=directory,
        log_file=directory / "versitygw.log",
        ready=lambda: is_listening(port),
        timeout=timeout,
    ):
        yield server


def _check_attributes(data: Path) -> None:
    try:
        os.setxattr(data, "user.tests", b"")
    except (AttributeError, OSError) as error:
        pytest.skip(f"versitygw needs a disk with extended attributes: {error}")
    os.removexattr(data, "user.tests")


def _secured(ca_file: Path) -> list[str | Path]:
    ca = trustme.CA()
    cert_file, key_file = ca_file.with_name("cert.pem"), ca_file.with_name("key.pem")
    cert = ca.issue_cert("127.0.0.1", "localhost")
    ca.cert_pem.write_to_path(ca_file)
    cert.cert_chain_pems[0].write_to_path(cert_file)
    cert.private_key_pem.write_to_path(key_file)
    return ["--cert", cert_file, "--key", key_file]
