"""Worker of one client of Google Cloud Storage: `python gcs_worker.py CLIENT URL OPERATION COUNT`.

google-cloud-storage has an environment of its own, so this imports nothing but the client that it
runs. It answers each line of its input with the wall and CPU seconds of a turn of COUNT operations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from time import perf_counter, process_time
from typing import Any

CLIENT, URL, OPERATION, COUNT = *sys.argv[1:4], int(sys.argv[4])
CONTAINER = "ingenious-data"
DATA = b"\x7f" * 4096
Actions = tuple[Callable[[str], object], Callable[[str], bytes]]


def ours() -> Actions:
    """The whole stack, as a configuration wires it."""
    config: Any = import_module("ingenious_storage.config")
    section = {"endpoint": URL, "project": "tests", "anonymous": True}
    settings = config.Settings(storage=config.StorageSettings(type="gcs", gcs=section))
    files = import_module("ingenious_storage").Storage(settings).data
    files.ensure_container()
    return lambda key: files.save_bytes(key, DATA), files.load_bytes


def google() -> Actions:
    """google-cloud-storage with its own defaults."""
    credentials: Any = import_module("google.auth.credentials")
    client = import_module("google.cloud.storage").Client(
        project="tests",
        credentials=credentials.AnonymousCredentials(),
        client_options={"api_endpoint": URL},
    )
    bucket = client.bucket(CONTAINER)
    if not bucket.exists():
        bucket.create()
    return (
        lambda key: bucket.blob(key).upload_from_string(DATA, "application/octet-stream"),
        lambda key: bucket.blob(key).download_as_bytes(),
    )


def turn(action: Callable[[str], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = perf_counter(), process_time()
    for n in range(COUNT):
        action(f"{CLIENT}/{n}")
    return perf_counter() - wall, process_time() - cpu


def main() -> None:
    """Run turns until the input ends."""
    write, read = {"ours": ours, "google-cloud-storage": google}[CLIENT]()
    turn(write)
    if read(f"{CLIENT}/0") != DATA:
        sys.exit("it did not write what it was given")
    action = {"write": write, "read": read}[OPERATION]
    turn(action)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(*turn(action), flush=True)


if __name__ == "__main__":
    main()
