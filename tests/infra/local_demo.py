"""`make infra-local`: provision dev on local Azure, use it, and destroy it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingenious_storage import Storage
from tests.support.pulumi import LocalCloud, LocalStack, find_cli, run_local_azurite


def main() -> None:
    cli = find_cli()
    if cli is None:
        sys.exit(1)  # `make pulumi`, just before, said how to install it
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with run_local_azurite(directory / "azurite") as azurite:
            _say(f"Azurite serves blobs at {azurite.endpoint}")
            cloud = LocalCloud(cli, directory, azurite)
            run(LocalStack(cloud, "dev", {"environment": "dev"}), directory)


def run(stack: LocalStack, directory: Path) -> None:
    """Up, profile, memory, destroy; what is printed is what was found afterwards."""
    with _timed("pulumi up --stack dev"):
        changes = stack.up()
    _say(f"  {changes['create']} resources; storage account {stack.account}, with containers")
    _say(f"  {', '.join(sorted(stack.cloud.containers(stack.account)))}")
    with _timed("ingenious-storage infra profile --stack dev"):
        profiles = stack.write_profile("dev", directory)
    _say("\n".join(f"  {line}" for line in profiles.read_text().splitlines()))
    with _timed("save and load a memory with profile dev"):
        _say(f"  loaded: {json.dumps(use_memory(stack, profiles))}")
    with _timed("pulumi destroy --stack dev"):
        stack.destroy()
    left = len(stack.cloud.records()), len(stack.cloud.containers(stack.account))
    _say(f"  {left[0]} resources and {left[1]} containers are left")
    if any(left):
        sys.exit("destroy left something behind")


def use_memory(stack: LocalStack, profiles: Path) -> object:
    """Save in one storage, load in another. Azurite's http takes a key, and no identity."""
    os.environ["AZURE_STORAGE_ACCOUNT_KEY"] = stack.cloud.azurite.account_key
    with Storage.from_config("dev", profiles_path=profiles) as storage:
        storage.memory.save_memory("conversation-1", {"messages": ["hello"]})
        storage.memory.append_messages("conversation-1", ["hello again"])
    with Storage.from_config("dev", profiles_path=profiles) as storage:
        return storage.memory.load_memory("conversation-1")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    _say(f"\n$ {what}")
    started = time.monotonic()
    yield
    _say(f"  {time.monotonic() - started:.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
