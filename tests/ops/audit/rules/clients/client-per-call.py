import functools

import azure.storage.blob
import pytest
from azure.storage.blob import BlobClient, BlobServiceClient
from azure.storage.blob.aio import BlobServiceClient as AsyncBlobServiceClient


def save(text, name, data):
    # ruleid: ingenious-storage.client-per-call
    service = BlobServiceClient.from_connection_string(text)
    service.get_blob_client("data", name).upload_blob(data)


def load(url, credential):
    # ruleid: ingenious-storage.client-per-call
    with azure.storage.blob.ContainerClient(url, "data", credential) as container:
        return container.download_blob("a").readall()


async def later(url):
    # ruleid: ingenious-storage.client-per-call
    async with AsyncBlobServiceClient(url) as service:
        return await service.get_account_information()


class Repository:
    def __init__(self, url):
        # ok: ingenious-storage.client-per-call
        self.service = BlobServiceClient(url)
        self._lazy = None

    def write(self, url, data):
        # ruleid: ingenious-storage.client-per-call
        BlobClient.from_blob_url(url).upload_blob(data)

    def _client(self, url):
        # ruleid: ingenious-storage.client-per-call
        return BlobServiceClient(url)

    def lazy(self, url):
        if self._lazy is None:
            # ok: ingenious-storage.client-per-call
            self._lazy = BlobServiceClient(url)
        return self._lazy

    @functools.cached_property
    def cached(self):
        # ok: ingenious-storage.client-per-call
        return BlobServiceClient("https://agents.blob.core.windows.net")


# ok: ingenious-storage.client-per-call
shared = BlobServiceClient("https://agents.blob.core.windows.net")


@functools.lru_cache(maxsize=1)
def once(url):
    # ok: ingenious-storage.client-per-call
    return BlobServiceClient(url)


@functools.cache
def also_once(url):
    # ok: ingenious-storage.client-per-call
    return BlobServiceClient(url)


def kept(url):
    global shared
    if shared is None:
        # ok: ingenious-storage.client-per-call
        shared = BlobServiceClient(url)
    return shared


def main():
    # ok: ingenious-storage.client-per-call
    print(BlobServiceClient("https://agents.blob.core.windows.net"))


@pytest.fixture(scope="session")
def service():
    # ok: ingenious-storage.client-per-call
    return BlobServiceClient("http://127.0.0.1:10000/devstoreaccount1")


def of_the_shared_one(name):
    # ok: ingenious-storage.client-per-call
    return shared.get_blob_client("data", name)
