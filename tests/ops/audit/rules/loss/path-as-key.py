import os
import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from azure.storage.blob import BlobClient


def joined(service, thread, data):
    key = os.path.join("memory", thread, "context.md")
    # ruleid: ingenious-storage.path-as-key
    blob = service.get_blob_client(container="data", blob=key)
    blob.upload_blob(data)


def divided(container, config, thread, data):
    path = Path(config.path) / Path(thread) / Path("context.md")
    # ruleid: ingenious-storage.path-as-key
    container.upload_blob(str(path), data, overwrite=True)
    # ruleid: ingenious-storage.path-as-key
    container.get_blob_client(str(path).replace("\\", "/"))
    # ruleid: ingenious-storage.path-as-key
    container.delete_blob(os.path.normpath("memory/" + thread))


def listed(container, folder):
    prefix = os.path.join(folder, "")
    # ruleid: ingenious-storage.path-as-key
    return [blob.name for blob in container.list_blobs(name_starts_with=prefix)]


def constructed(url, name):
    # ruleid: ingenious-storage.path-as-key
    return BlobClient(url, "data", blob_name=os.path.join("prompts", name))


def with_this_library(storage, folder, value):
    # ruleid: ingenious-storage.path-as-key
    storage.save_json(os.path.join(folder, "state.json"), value)


class Keys:
    def _blob_name(self, thread):
        # ruleid: ingenious-storage.path-as-key
        return os.path.join("memory", thread, "context.md")


def temporary_file(container, name):
    path = os.path.join(tempfile.gettempdir(), name)
    with open(path, "rb") as file:
        # ok: ingenious-storage.path-as-key
        container.upload_blob(f"uploads/{name}", file)
    # ok: ingenious-storage.path-as-key
    container.upload_blob(os.path.basename(path), b"")


def log_file(logging, folder, container):
    # ok: ingenious-storage.path-as-key
    logging.FileHandler(os.path.join(folder, "app.log"))
    # ok: ingenious-storage.path-as-key
    container.get_blob_client("app.log")


def slashes(container, thread, data):
    # ok: ingenious-storage.path-as-key
    container.upload_blob(f"memory/{quote(thread, safe='')}/context.md", data)
    # ok: ingenious-storage.path-as-key
    container.get_blob_client(str(PurePosixPath("memory", thread)))
    # ok: ingenious-storage.path-as-key
    container.upload_blob("/".join(("memory", thread)), data)


def content_of_a_file(blob, container, folder):
    path = Path(folder) / "prompt.jinja"
    # ok: ingenious-storage.path-as-key
    blob.upload_blob(path.read_bytes(), overwrite=True)
    # ok: ingenious-storage.path-as-key
    container.upload_blob(path.name, path.read_bytes())


def local_path(folder, name):
    # ok: ingenious-storage.path-as-key
    return os.path.join(folder, name)
