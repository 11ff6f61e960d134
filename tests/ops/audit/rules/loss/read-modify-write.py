import json
import os

import aiofiles
from azure.core import MatchConditions


def append(blob, message):
    try:
        messages = json.loads(blob.download_blob().readall())
    except KeyError:
        messages = []
    messages.append(message)
    # ruleid: ingenious-storage.read-modify-write
    blob.upload_blob(json.dumps(messages), overwrite=True)


class Memory:
    def maintain(self, name, more):
        text = self.container.download_blob(name).readall().decode()
        # ruleid: ingenious-storage.read-modify-write
        self.container.upload_blob(name, (text + more)[-5000:], overwrite=True)

    def words(self, more, thread):
        current = self.read_memory(thread)
        words = (current + " " + more).split()
        kept = " ".join(words[-150:])
        # ruleid: ingenious-storage.read-modify-write
        return self.write_memory(kept, thread)

    async def framework(self, thread, more):
        text = await self.file_storage.read_file("context.md", f"memory/{thread}")
        # ruleid: ingenious-storage.read-modify-write
        await self.file_storage.write_file(text + more, "context.md", f"memory/{thread}")


def on_disk(path, message):
    if os.path.exists(path):
        with open(path) as file:
            data = json.load(file)
    else:
        data = {"messages": []}
    data["messages"].append(message)
    # ruleid: ingenious-storage.read-modify-write
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file)


def in_a_folder(folder, message):
    with open(os.path.join(folder, "state.json")) as file:
        data = json.load(file)
    data.append(message)
    with open(os.path.join(folder, "state.json"), "w") as file:
        # ruleid: ingenious-storage.read-modify-write
        json.dump(data, file)


def counter(path):
    # ruleid: ingenious-storage.read-modify-write
    path.write_text(str(int(path.read_text()) + 1))


async def asynchronous(path, line):
    async with aiofiles.open(path, "r") as file:
        text = await file.read()
    # ruleid: ingenious-storage.read-modify-write
    async with aiofiles.open(path, "w") as file:
        await file.write(text + line)


def with_this_library(memory, storage, thread, message):
    data = memory.load_memory(thread, default={"messages": []})
    data["messages"].append(message)
    # ruleid: ingenious-storage.read-modify-write
    memory.save_memory(thread, data)
    value = storage.load_json("counter.json")
    # ruleid: ingenious-storage.read-modify-write
    storage.save_json("counter.json", value + 1)


def guarded(blob, message):
    stream = blob.download_blob()
    data = json.loads(stream.readall())
    data.append(message)
    # ok: ingenious-storage.read-modify-write
    blob.upload_blob(
        json.dumps(data),
        overwrite=True,
        etag=stream.properties.etag,
        match_condition=MatchConditions.IfNotModified,
    )


def leased(blob, message):
    with blob.acquire_lease() as lease:
        text = blob.download_blob().readall()
        # ok: ingenious-storage.read-modify-write
        blob.upload_blob(text + message, overwrite=True, lease=lease)


def guarded_by_this_library(memory, storage, thread, condition):
    snapshot = memory.snapshot(thread)
    # ok: ingenious-storage.read-modify-write
    memory.save_memory(thread, {**snapshot.data, "a": 1}, expected=snapshot.revision)
    value = storage.load_json("counter.json")
    # ok: ingenious-storage.read-modify-write
    storage.save_json("counter.json", value + 1, condition=condition)


def copies(source, target, path):
    # ok: ingenious-storage.read-modify-write
    path.with_suffix(".bak").write_text(path.read_text())
    # ok: ingenious-storage.read-modify-write
    target.upload_blob(source.download_blob().readall(), overwrite=True)
    with open(path) as file:
        data = json.load(file)
    with open(path + ".bak", "w") as file:
        # ok: ingenious-storage.read-modify-write
        json.dump(data, file)


async def copies_in_the_framework(self, name, old, new):
    text = await self.storage.read_file(name, old)
    # ok: ingenious-storage.read-modify-write
    await self.storage.write_file(text, name, new)


def another_blob(container, data):
    index = container.download_blob("index.json").readall()
    # ok: ingenious-storage.read-modify-write
    container.upload_blob("data.json", data + index, overwrite=True)


def creates(blob, data):
    # ok: ingenious-storage.read-modify-write
    blob.upload_blob(data, overwrite=True)
    print(blob.download_blob().readall())


def only_a_create(blob, other):
    text = blob.download_blob().readall()
    # ok: ingenious-storage.read-modify-write
    blob.upload_blob(text)
