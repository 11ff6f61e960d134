"""Files in a container."""

from pathlib import Path

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

CONTAINER_NAME = "agent-memory"


class FileRepository:
    def __init__(self, config):
        self.config = config

    def _service(self):
        token = self.config.token
        if token and "DefaultEndpointsProtocol" in token:
            return BlobServiceClient.from_connection_string(token)
        return BlobServiceClient(self.config.url, credential=DefaultAzureCredential())

    async def write_file(self, contents, file_name, file_path):
        path = Path(self.config.path) / Path(file_path) / Path(file_name)
        blob = self._service().get_blob_client(container=CONTAINER_NAME, blob=str(path))
        blob.upload_blob(contents, overwrite=True)
        return str(path)

    async def read_file(self, file_name, file_path):
        path = Path(self.config.path) / Path(file_path) / Path(file_name)
        blob = self._service().get_blob_client(container=CONTAINER_NAME, blob=str(path))
        try:
            return blob.download_blob(encoding="UTF-8").readall()
        except Exception as error:
            print(f"Failed to read {path}: {error}")
            return ""

    async def list_files(self, file_path):
        container = self._service().get_container_client("agent-memory")
        return [blob.name for blob in container.list_blobs(name_starts_with=file_path)]
