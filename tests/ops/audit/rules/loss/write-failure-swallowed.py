import json
import logging

logger = logging.getLogger(__name__)


def silent(blob, data):
    try:
        # ruleid: ingenious-storage.write-failure-swallowed
        blob.upload_blob(data)
    except Exception:
        pass


async def told_as_false(self, content, name, path):
    try:
        # ruleid: ingenious-storage.write-failure-swallowed
        await self.storage.write_file(content, name, path)
        return True
    except Exception as error:
        logger.error("failed", error=str(error))
        return False


def logged(path, data):
    try:
        # ruleid: ingenious-storage.write-failure-swallowed
        with open(path, "w") as file:
            file.write(data)
    except OSError as error:
        print(f"could not write {path}: {error}")


def bare(path, text):
    try:
        # ruleid: ingenious-storage.write-failure-swallowed
        path.write_text(text)
    except:
        logger.warning("not written")


def raised(blob, data):
    try:
        # ok: ingenious-storage.write-failure-swallowed
        blob.upload_blob(data)
    except Exception as error:
        logger.error("failed: %s", error)
        raise


def raised_as_another(path, data, fail):
    try:
        # ok: ingenious-storage.write-failure-swallowed
        path.write_text(data)
    except OSError as error:
        logger.error("failed: %s", error)
        raise RuntimeError("not saved") from error


def answered(memory, thread, data, response):
    try:
        # ok: ingenious-storage.write-failure-swallowed
        memory.save_memory(thread, data)
    except Exception as error:
        logger.error("failed: %s", error)
        return response(503)
    return response(200)


def exists_already(blob, data, ResourceExistsError):
    try:
        # ok: ingenious-storage.write-failure-swallowed
        blob.upload_blob(data)
    except ResourceExistsError:
        pass


def reading(path):
    try:
        # ok: ingenious-storage.write-failure-swallowed
        with open(path) as file:
            return json.load(file)
    except Exception:
        return None


def collected(folder, texts):
    failed = []
    for name, text in texts.items():
        try:
            # ok: ingenious-storage.write-failure-swallowed
            (folder / name).write_text(text)
        except OSError as error:
            logger.debug("failed: %s", error)
            failed.append(name)
    return {"written": len(texts) - len(failed), "failed": failed}


async def collected_by_name(self, texts):
    try:
        errors = {}
        for name, text in texts.items():
            try:
                # ok: ingenious-storage.write-failure-swallowed
                await self.storage.write_file(text, name, "templates/prompts/1")
            except Exception as error:
                errors[name] = str(error)
                logger.error("failed: %s", error)
        if errors:
            self.response["failed"] = errors
    except KeyError:
        raise
    return self.response


def counted_only(path, text):
    attempts = 0
    while attempts < 3:
        try:
            # ruleid: ingenious-storage.write-failure-swallowed
            path.write_text(text)
        except OSError as error:
            attempts += 1
            logger.debug("failed: %s", error)


def perhaps_logged(path, text, log):
    try:
        # ruleid: ingenious-storage.write-failure-swallowed
        path.write_text(text)
    except Exception as error:
        if log:
            log.debug("failed: %s", error)
