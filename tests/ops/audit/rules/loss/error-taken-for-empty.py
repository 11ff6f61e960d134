import json
import logging

from azure.core.exceptions import ResourceNotFoundError

logger = logging.getLogger(__name__)


def load(blob):
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        return json.loads(blob.download_blob().readall())
    except Exception as error:
        logger.error("could not read: %s", error)
        return {}


async def read(self, name, path, default_content=""):
    try:
        if not await self.storage.check_if_file_exists(path, name):
            return default_content
        # ruleid: ingenious-storage.error-taken-for-empty
        content = await self.storage.read_file(name, path)
        return content or default_content
    except Exception:
        return default_content


def on_disk(path):
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        with open(path) as file:
            data = json.load(file)
    except (OSError, json.JSONDecodeError):
        data = {"messages": []}
    return data


def bare(path):
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        return path.read_text()
    except:
        return ""


def missing_only(blob, path):
    try:
        # ok: ingenious-storage.error-taken-for-empty
        text = blob.download_blob().readall()
    except ResourceNotFoundError:
        return {}
    try:
        # ok: ingenious-storage.error-taken-for-empty
        with open(path) as file:
            return json.load(file), text
    except FileNotFoundError:
        return {}


def raised(blob):
    try:
        # ok: ingenious-storage.error-taken-for-empty
        return blob.download_blob().readall()
    except Exception as error:
        raise RuntimeError("no memory") from error


def answered(blob, error_page):
    try:
        # ok: ingenious-storage.error-taken-for-empty
        return blob.download_blob().readall()
    except Exception as error:
        return error_page(error)


def something_else(text):
    try:
        # ok: ingenious-storage.error-taken-for-empty
        return int(text)
    except ValueError:
        return None


def with_this_library(memory, thread):
    # ok: ingenious-storage.error-taken-for-empty
    return memory.load_memory(thread, default={})
