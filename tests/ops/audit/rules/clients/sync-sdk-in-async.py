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
