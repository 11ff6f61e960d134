"""Worker of one saver: `python worker.py SAVER PLACE`, where PLACE is a JSON object.

Other savers have an environment of their own, so this imports nothing but LangGraph and the saver
that it runs. It answers each line of its input, a command, with a line of JSON.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from importlib import import_module
from time import perf_counter, process_time
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint

Saver = BaseCheckpointSaver[Any]
SAVER, PLACE = sys.argv[1], json.loads(sys.argv[2])
RANDOM = random.Random(7)
WORDS = [
    "".join(RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=RANDOM.randint(3, 9)))
    for _ in range(3000)
]


def ours() -> Saver:
    """As a configuration wires it."""
    config: Any = import_module("ingenious_storage.config")
    settings = config.Settings(storage=config.StorageSettings(**PLACE))
    storage = import_module("ingenious_storage").Storage(settings)
    made: Saver = import_module("ingenious_storage.adapters.langgraph").StorageSaver(storage)
    return made


def objectstorage() -> Saver:
    """langgraph-checkpoint-objectstorage on s3fs; its keys are in the environment."""
    module: Any = import_module("langgraph_checkpoint_objectstorage")
    made: Saver = module.ObjectStorageSaver.from_conn_string(
        f"s3://{PLACE['bucket']}/threads", client_kwargs={"endpoint_url": PLACE["endpoint"]}
    )
    return made


def tigris() -> Saver:
    """langgraph-checkpoint-tigris on boto3; its keys are in the environment."""
    module: Any = import_module("langgraph.checkpoint.tigris")
    made: Saver = module.TigrisSaver(
        PLACE["bucket"], endpoint_url=PLACE["endpoint"], region_name=PLACE["region"]
    )
    made.setup()  # type: ignore[attr-defined]
    return made


def azure_functions() -> Saver:
    """The saver for Azure Blob Storage of azure-functions-langgraph, on the SDK."""
    sdk: Any = import_module("azure.storage.blob")
    client = sdk.ContainerClient.from_connection_string(PLACE["connection"], PLACE["bucket"])
    module: Any = import_module("azure_functions_langgraph.checkpointers.azure_blob")
    made: Saver = module.AzureBlobCheckpointSaver(container_client=client)
    return made


SAVERS = {
    "ours": ours,
    "objectstorage": objectstorage,
    "tigris": tigris,
    "azure_functions": azure_functions,
}


def named(thread: str, checkpoint: str | None = None) -> Any:
    names = {"thread_id": thread, "checkpoint_ns": ""}
    return {"configurable": names | ({"checkpoint_id": checkpoint} if checkpoint else {})}


class Run:
    """One run of a graph on a thread: a message more at each step, and two writes."""

    def __init__(self, saver: Saver, thread: str) -> None:
        self.saver, self.config = saver, named(thread)
        self.version: Any = None
        self.messages: list[HumanMessage] = []
        self.ids: list[str] = []

    def step(self) -> None:
        message = HumanMessage(
            " ".join(RANDOM.choices(WORDS, k=80))[:500], id=RANDOM.randbytes(8).hex()
        )
        self.messages.append(message)
        self.version = self.saver.get_next_version(self.version, None)
        new, made = {"messages": self.version}, empty_checkpoint()
        made["channel_values"], made["channel_versions"] = {"messages": [*self.messages]}, new
        metadata: Any = {"source": "loop", "step": len(self.ids)}
        self.config = self.saver.put(self.config, made, metadata, new)
        self.ids.append(made["id"])
        writes = [("messages", message), ("branch:to:model", None)]
        self.saver.put_writes(self.config, writes, f"task-{len(self.ids)}")

    def is_whole(self, found: Any, number: int) -> bool:
        """Whether it is the checkpoint of this number, with its values and writes."""
        values = found.checkpoint["channel_values"].get("messages")
        return values == self.messages[: number + 1] and len(found.pending_writes or []) == 2


class Worker:
    """What a line can ask for. A read is by a saver that remembers nothing."""

    def begin(self, thread: str) -> None:
        self.run = Run(SAVERS[SAVER](), thread)
        self.thread = thread

    def steps(self, count: str) -> None:
        for _ in range(int(count)):
            self.run.step()

    def listed(self, limit: str) -> int:
        return len([*SAVERS[SAVER]().list(named(self.thread), limit=int(limit))])

    def old(self, number: str) -> bool:
        name = self.run.ids[int(number)]
        found = SAVERS[SAVER]().get_tuple(named(self.thread, name))
        return self.run.is_whole(found, int(number))

    def race(self, count: str) -> int:
        """Two threads of one saver go on with one thread of LangGraph: how many are not whole."""
        saver = SAVERS[SAVER]()
        runs = [Run(saver, "race") for _ in range(2)]
        threads = [
            threading.Thread(target=lambda run=run: [run.step() for _ in range(int(count))])
            for run in runs
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        there = {each.checkpoint["id"]: each for each in SAVERS[SAVER]().list(named("race"))}
        whole = [
            run.is_whole(there[name], number)
            for run in runs
            for number, name in enumerate(run.ids)
            if name in there
        ]
        return 2 * int(count) - sum(whole)


def main() -> None:
    """Answer until the input ends."""
    worker = Worker()
    for line in sys.stdin:
        command, *words = line.split()
        wall, cpu = perf_counter(), process_time()
        found = getattr(worker, command)(*words)
        spent = {"wall": perf_counter() - wall, "cpu": process_time() - cpu}
        print(json.dumps({"found": found, **spent}), flush=True)


if __name__ == "__main__":
    main()
