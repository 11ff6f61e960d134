"""`make infra-local`: provision dev on local Azure, use it encrypted, and destroy it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azure.storage.blob import ContainerClient

from ingenious_storage import Storage
from tests.support.pulumi import LocalCloud, LocalStack, find_cli, run_local_azurite
from tests.support.servers.vault import run_local_vault


def main() -> None:
    cli = find_cli()
    if cli is None:
        sys.exit(1)  # `make pulumi`, just before, said how to install it
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with (
            run_local_azurite(directory / "azurite") as azurite,
            run_local_vault(directory / "vault") as vault,
        ):
            _say(f"Azurite serves blobs at {azurite.endpoint}")
            _say(f"a key vault serves keys at {vault.server.contract.url}")
            cloud = LocalCloud(cli, directory, azurite, vault)
            config = {"environment": "dev", "client_side_key": True}
            run(LocalStack(cloud, "dev", config), directory)


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
        _say(f"  stored: {', '.join(stored(stack))}")
    with _timed("pulumi destroy --stack dev"):
        stack.destroy()
    left = len(stack.cloud.records()), len(stack.cloud.containers(stack.account))
    _say(f"  {left[0]} resources and {left[1]} containers are left")
    if any(left):
        sys.exit("destroy left something behind")


def use_memory(stack: LocalStack, profiles: Path) -> object:
    """Save in one storage, load in another. Azurite's http takes a key, and no identity."""
    os.environ["AZURE_STORAGE_ACCOUNT_KEY"] = stack.cloud.azurite.account_key
    if stack.cloud.vault is not None:
        os.environ.update(stack.cloud.vault.sign_in)
    with Storage.from_config("dev", profiles_path=profiles) as storage:
        storage.memory.save_memory("conversation-1", {"messages": ["hello"]})
        storage.memory.append_messages("conversation-1", ["hello again"])
    with Storage.from_config("dev", profiles_path=profiles) as storage:
        return storage.memory.load_memory("conversation-1")


def stored(stack: LocalStack) -> list[str]:
    """Names, sizes and first bytes of the blobs that the memory became."""
    with stack.cloud.blob_client(stack.account) as client:
        container = client.get_container_client(stack.outputs["container_data"])
        blobs = [(name, container.download_blob(name).readall()) for name in _names(container)]
    return [f"{name} ({len(data)} B, {data[:4]!r})" for name, data in blobs]


def _names(container: ContainerClient) -> list[str]:
    return [blob.name for blob in container.list_blobs()]


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
