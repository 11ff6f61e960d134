import os

from azure.storage.blob import BlobServiceClient, ContainerClient

# ruleid: ingenious-storage.hard-coded-container
CONTAINER_NAME = "agent-memory"
# ruleid: ingenious-storage.hard-coded-container
prompts_container: str = "prompts"


def literal(service: BlobServiceClient, url, text):
    # ruleid: ingenious-storage.hard-coded-container
    service.get_container_client("agent-memory")
    # ruleid: ingenious-storage.hard-coded-container
    service.get_blob_client(container="agent-memory", blob="a")
    # ruleid: ingenious-storage.hard-coded-container
    service.get_blob_client("agent-memory", "a")
    # ruleid: ingenious-storage.hard-coded-container
    service.create_container("agent-memory")
    # ruleid: ingenious-storage.hard-coded-container
    ContainerClient.from_connection_string(text, container_name="agent-memory")
    # ruleid: ingenious-storage.hard-coded-container
    ContainerClient.from_connection_string(text, "agent-memory")
    # ruleid: ingenious-storage.hard-coded-container
    ContainerClient(url, "agent-memory")


def configured(service: BlobServiceClient, settings, url):
    # ok: ingenious-storage.hard-coded-container
    service.get_container_client(settings.container_data)
    # ok: ingenious-storage.hard-coded-container
    service.get_container_client(CONTAINER_NAME)
    # ok: ingenious-storage.hard-coded-container
    ContainerClient(url, container_name=os.environ["CONTAINER"])
    # ok: ingenious-storage.hard-coded-container
    container = settings.container_data
    # ok: ingenious-storage.hard-coded-container
    container_name = os.environ.get("CONTAINER", "agent-memory")
    return container, container_name


def a_blob_in_it(container: ContainerClient):
    # ok: ingenious-storage.hard-coded-container
    container.get_blob_client("memory/context.md")


def a_role(get_file_storage):
    # ok: ingenious-storage.hard-coded-container
    return get_file_storage("data")
