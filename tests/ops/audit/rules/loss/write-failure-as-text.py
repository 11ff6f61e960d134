import logging

logger = logging.getLogger(__name__)


async def told_as_text(self, contents, path):
    try:
        # ruleid: ingenious-storage.write-failure-as-text
        await self.storage.write_file(contents, "context.md", path)
        return f"written {path}"
    except Exception as error:
        return f"failed to write {path}: {error}"


def told_as_the_text_of_the_error(blob, data):
    try:
        # ruleid: ingenious-storage.write-failure-as-text
        blob.upload_blob(data)
    except Exception as error:
        logger.error("failed: %s", error)
        return "failed: " + str(error)
    return "saved"


async def told_as_a_text_with_a_name(path, contents):
    try:
        # ruleid: ingenious-storage.write-failure-as-text
        path.write_text(contents)
        return f"written {path}"
    except OSError as error:
        message = f"failed to write {path}: {error}"
        print(message)
        return message


def answered_with_a_status(blob, data):
    try:
        # ok: ingenious-storage.write-failure-as-text
        blob.upload_blob(data)
    except Exception as error:
        return f"failed: {error}", 503
    return "saved", 200


def answered_by_a_function(blob, data, response):
    try:
        # ok: ingenious-storage.write-failure-as-text
        blob.upload_blob(data)
    except Exception as error:
        return response(503, f"failed: {error}")
    return response(200)


def raised_with_a_text(path, contents):
    try:
        # ok: ingenious-storage.write-failure-as-text
        path.write_text(contents)
    except OSError as error:
        message = f"failed to write {path}: {error}"
        raise RuntimeError(message) from error
    return "saved"


def missing_only(path, contents):
    try:
        # ok: ingenious-storage.write-failure-as-text
        path.write_text(contents)
    except FileNotFoundError:
        return "there is no such folder"
    return "saved"
