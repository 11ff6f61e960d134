import os

from azure.cosmos import CosmosClient, PartitionKey
from azure.storage.blob import BlobServiceClient, ContainerClient

# ruleid: ingenious-storage.hard-coded-container
CONTAINER_NAME = "agent-memory"
# ruleid: ingenious-storage.hard-coded-container
prompts_container: str = "prompts"
# ok: ingenious-storage.hard-coded-container
COSMOS_CONTAINER = "chat_history"


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


class History:
    def __init__(self, url, credential):
        self.client = CosmosClient(url, credential)
        self.database = self.client.get_database_client("history")
        # ok: ingenious-storage.hard-coded-container
        self.chats = self.database.get_container_client("chat_history")

    def prepare(self, db):
        # ok: ingenious-storage.hard-coded-container
        db.create_container("users", partition_key=PartitionKey("/id"))
        # ok: ingenious-storage.hard-coded-container
        self.database.delete_container("users")
