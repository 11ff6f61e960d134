"""Guard: a server in a process that ends when the tests do, however they end.

The server is the child of a small process of this file, which kills it as soon as its own standard
input is closed: that happens when the `with` block ends, and when the tests are killed.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_STOP_SECONDS = 60.0
# Below the ports that systems give to outgoing connections, which could take one in between.
_PORTS = range(20_000, 32_000)


class ServerError(RuntimeError):
    """A server did not start; its log is in the message."""


@contextmanager
def guarded(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    log_file: Path,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    timeout: float = 150.0,
) -> Iterator[None]:
    """Run `command` for the length of a `with` block, which begins when `ready` is true.

    Raises: ServerError when it ends before, or is not ready within `timeout` s.
    """
    with log_file.open("wb") as log:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    assert guard.stdin is not None
    try:
        _wait(guard, ready, log_file, timeout)
        yield
    finally:
        guard.stdin.close()
        guard.wait(_STOP_SECONDS)


def _wait(
    guard: subprocess.Popen[bytes], ready: Callable[[], bool], log_file: Path, timeout: float
) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if ready():
            return
        if guard.poll() is not None:
            log = log_file.read_text(errors="replace")
            raise ServerError(f"the server exited with code {guard.returncode}:\n{log}")
        time.sleep(0.02)
    raise ServerError(f"not ready within {timeout:g} s:\n{log_file.read_text(errors='replace')}")


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nothing listens, all different."""
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            one = socket.socket()
            held.append(one)
            try:
                one.bind(("127.0.0.1", random.choice(_PORTS)))
            except OSError:
                held.pop().close()
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def is_listening(port: int) -> bool:
    """Whether somebody takes connections on this port of loopback."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _main(command: list[str]) -> int:
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def watch() -> None:
        while os.read(0, 1):  # sys.stdin has a lock that the end of the process would wait for
            pass
        with suppress(ProcessLookupError):
            server.kill()

    threading.Thread(target=watch, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
