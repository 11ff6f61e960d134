from functools import lru_cache

from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential
from azure.storage.blob import BlobServiceClient


def client(url):
    # ruleid: ingenious-storage.credential-per-call
    return BlobServiceClient(url, credential=DefaultAzureCredential())


async def later(url):
    # ruleid: ingenious-storage.credential-per-call
    async with AsyncDefaultAzureCredential() as credential:
        return await credential.get_token(url)


class Repository:
    def write(self, tenant, client, secret):
        # ruleid: ingenious-storage.credential-per-call
        credential = ClientSecretCredential(tenant, client, secret)
        return credential.get_token("x")

    def __init__(self):
        # ok: ingenious-storage.credential-per-call
        self.credential = DefaultAzureCredential()


# ok: ingenious-storage.credential-per-call
shared = DefaultAzureCredential()


@lru_cache
def once():
    # ok: ingenious-storage.credential-per-call
    return DefaultAzureCredential()


def with_the_shared_one(url):
    # ok: ingenious-storage.credential-per-call
    return BlobServiceClient(url, credential=shared)


def main():
    # ok: ingenious-storage.credential-per-call
    return DefaultAzureCredential()
