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


def names(container):
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        return [blob.name for blob in container.list_blobs(name_starts_with="memory/")]
    except Exception as error:
        logger.error("could not list: %s", error)
        return []


async def threads(self, folder):
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        listed = await self.storage.list_files(folder)
    except Exception:
        listed = ""
    return listed.split()


def revisions(service, folder):
    found: set[str] = set()
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        for blob in service.get_container_client("prompts").walk_blobs(folder, delimiter="/"):
            found.add(blob.name)
    except Exception as error:
        logger.warning("could not list %s: %s", folder, error)
    return sorted(found)


def on_a_disk(folder):
    found = []
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        for path in folder.iterdir():
            found.append(path.name)
    except OSError:
        pass
    return found


def is_there(blob_client):
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        return blob_client.exists()
    except Exception:
        return False


def no_folder(folder):
    try:
        # ok: ingenious-storage.error-taken-for-empty
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def part_of_it(container, failed):
    found = []
    # ok: ingenious-storage.error-taken-for-empty
    for blob in container.list_blobs():
        try:
            found.append(int(blob.name))
        except ValueError as error:
            logger.warning("no number: %s", error)
    return found


def told(container, error_page):
    found = []
    try:
        # ok: ingenious-storage.error-taken-for-empty
        for blob in container.list_blobs():
            found.append(blob.name)
    except Exception as error:
        logger.error("could not list: %s", error)
        raise
    return found


def another_thing_is_there(settings):
    try:
        # ok: ingenious-storage.error-taken-for-empty
        return settings.exists()
    except Exception:
        return False


async def in_an_answer(storage, folder):
    files = []
    try:
        # ruleid: ingenious-storage.error-taken-for-empty
        files = (await storage.list_files(folder)).split()
    except (OSError, RuntimeError) as error:
        logger.warning("could not list: %s", error)
    return {"count": len(files), "files": files}


def not_what_is_returned(container):
    seen = []
    try:
        # ok: ingenious-storage.error-taken-for-empty
        seen = list(container.list_blobs())
    except Exception as error:
        logger.warning("could not list: %s", error)
    print(len(seen))
