import asyncio


async def write(blob, data):
    # ruleid: ingenious-storage.sync-sdk-in-async
    blob.upload_blob(data, overwrite=True)


class Repository:
    async def read(self, name):
        try:
            client = self.service.get_blob_client(container="data", blob=name)
            # ruleid: ingenious-storage.sync-sdk-in-async
            return client.download_blob(encoding="UTF-8").readall()
        finally:
            self.log(name)

    async def names(self, prefix):
        # ruleid: ingenious-storage.sync-sdk-in-async
        return [blob.name for blob in self.container.list_blobs(name_starts_with=prefix)]

    async def both(self, data):
        await asyncio.sleep(0)
        # ruleid: ingenious-storage.sync-sdk-in-async
        self.container.create_container()


async def awaited(blob, data):
    # ok: ingenious-storage.sync-sdk-in-async
    await blob.upload_blob(data)
    # ok: ingenious-storage.sync-sdk-in-async
    stream = await blob.download_blob()
    # ok: ingenious-storage.sync-sdk-in-async
    return await (await blob.download_blob()).readall()


async def iterated(container):
    # ok: ingenious-storage.sync-sdk-in-async
    async for blob in container.list_blobs():
        print(blob)
    # ok: ingenious-storage.sync-sdk-in-async
    return [name async for name in container.list_blob_names()]


async def on_a_thread(blob, data, loop):
    # ok: ingenious-storage.sync-sdk-in-async
    await asyncio.to_thread(blob.upload_blob, data)
    # ok: ingenious-storage.sync-sdk-in-async
    await loop.run_in_executor(None, lambda: blob.upload_blob(data))

    def work():
        # ok: ingenious-storage.sync-sdk-in-async
        return blob.download_blob().readall()

    return await asyncio.to_thread(work)


def synchronous(blob, data):
    # ok: ingenious-storage.sync-sdk-in-async
    blob.upload_blob(data)


async def only_names(service):
    # ok: ingenious-storage.sync-sdk-in-async
    return service.get_blob_client("data", "a")


class Files:
    def __init__(self, service):
        self.service = service
        self.store = service.get_container_client("data")

    async def is_there(self, name):
        # ruleid: ingenious-storage.sync-sdk-in-async
        return self.service.get_blob_client("data", name).exists()

    async def has_a_store(self):
        # ruleid: ingenious-storage.sync-sdk-in-async
        return self.store.exists()


async def is_there(service, name):
    found = service.get_blob_client("data", name)
    # ruleid: ingenious-storage.sync-sdk-in-async
    if found.exists():
        return found
    container_client = service.get_container_client("data")
    # ruleid: ingenious-storage.sync-sdk-in-async
    return container_client.exists(timeout=3)


async def no_client(path, session, blob_path):
    # ok: ingenious-storage.sync-sdk-in-async
    if path.exists() and blob_path.exists():
        return path
    # ok: ingenious-storage.sync-sdk-in-async
    return session.exists()


async def is_there_asynchronously(blob_client):
    # ok: ingenious-storage.sync-sdk-in-async
    return await blob_client.exists()


async def of_another_database(database, client, PartitionKey):
    # ok: ingenious-storage.sync-sdk-in-async
    database.create_container("chats")
    # ok: ingenious-storage.sync-sdk-in-async
    client.create_container("chats", partition_key=PartitionKey("/thread"))
