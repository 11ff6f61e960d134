import functools

import azure.storage.blob
import pytest
from azure.storage.blob import BlobClient, BlobServiceClient
from azure.storage.blob.aio import BlobServiceClient as AsyncBlobServiceClient
from dependency_injector import containers, providers


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


class Builder:
    def build(self):
        if self.text:
            # ok: ingenious-storage.client-per-call
            return BlobServiceClient.from_connection_string(self.text)
        # ok: ingenious-storage.client-per-call
        return BlobServiceClient(account_url=self.settings.url(), credential=self.credential)


def create_container_client(url):
    # ok: ingenious-storage.client-per-call
    client = azure.storage.blob.ContainerClient(url, "data")
    client.create_container()
    return client


def make_reader(url):
    # ok: ingenious-storage.client-per-call
    with BlobServiceClient(url) as service:
        yield service


def create_revision(url, name, data):
    # ruleid: ingenious-storage.client-per-call
    service = BlobServiceClient(url)
    blob = service.get_blob_client("prompts", name)
    blob.upload_blob(data)
    return blob.url


def build_report(url):
    # ruleid: ingenious-storage.client-per-call
    return BlobClient.from_blob_url(url).download_blob().readall()


class Services(containers.DeclarativeContainer):
    # ruleid: ingenious-storage.client-per-call
    each_time = providers.Factory(BlobServiceClient, account_url="https://agents.blob.core.windows.net")
    # ruleid: ingenious-storage.client-per-call
    by_text = providers.Factory(BlobServiceClient.from_connection_string, "UseDevelopmentStorage=true")
    # ok: ingenious-storage.client-per-call
    once = providers.Singleton(BlobServiceClient, account_url="https://agents.blob.core.windows.net")
