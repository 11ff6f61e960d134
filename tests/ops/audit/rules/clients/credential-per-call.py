from functools import lru_cache

from azure.identity import ClientSecretCredential, DefaultAzureCredential, get_bearer_token_provider
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential
from azure.identity.aio import get_bearer_token_provider as get_async_bearer_token_provider
from azure.storage.blob import BlobServiceClient
from dependency_injector import containers, providers


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


def build_credential(settings):
    if settings.client_secret:
        # ok: ingenious-storage.credential-per-call
        return ClientSecretCredential(settings.tenant, settings.client, str(settings.client_secret))
    # ok: ingenious-storage.credential-per-call
    credential = DefaultAzureCredential()
    return credential


def token_provider(settings, scope):
    if settings.client_secret:
        # ok: ingenious-storage.credential-per-call
        credential = ClientSecretCredential(settings.tenant, settings.client, settings.client_secret)
    else:
        # ok: ingenious-storage.credential-per-call
        credential = DefaultAzureCredential()
    return get_bearer_token_provider(credential, scope)


def model(make, url):
    return make(
        url,
        # ok: ingenious-storage.credential-per-call
        azure_ad_token_provider=get_bearer_token_provider(DefaultAzureCredential(), "https://cognitiveservices.azure.com/.default"),
    )


def async_model(make, scope):
    # ok: ingenious-storage.credential-per-call
    credential = AsyncDefaultAzureCredential()
    provider = get_async_bearer_token_provider(credential, scope)
    return make(provider)


def create_revision(url, name, data):
    # ruleid: ingenious-storage.credential-per-call
    credential = DefaultAzureCredential()
    BlobServiceClient(url, credential).get_blob_client("prompts", name).upload_blob(data)


class Services(containers.DeclarativeContainer):
    # ruleid: ingenious-storage.credential-per-call
    each_time = providers.Factory(DefaultAzureCredential)
    # ok: ingenious-storage.credential-per-call
    once = providers.Singleton(DefaultAzureCredential)
