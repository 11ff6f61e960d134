import codecs
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path

import aiofiles
import anyio


def builtin(path, data):
    # ruleid: ingenious-storage.open-for-writing
    with open(path, "w", encoding="utf-8") as file:
        file.write(data)
    # ruleid: ingenious-storage.open-for-writing
    with open(path, "ab") as file:
        file.write(data)
    # ruleid: ingenious-storage.open-for-writing
    file = open(path, encoding="utf-8", mode="x")
    # ruleid: ingenious-storage.open-for-writing
    with open(path, "r+") as file:
        file.write(data)


def by_a_constant(path):
    mode = "wt"
    # ruleid: ingenious-storage.open-for-writing
    return open(path, mode)


def other_modules(path):
    # ruleid: ingenious-storage.open-for-writing
    io.open(path, "wb")
    # ruleid: ingenious-storage.open-for-writing
    codecs.open(path, "a", "utf-8")
    # ruleid: ingenious-storage.open-for-writing
    gzip.open(path, mode="wb")
    # ruleid: ingenious-storage.open-for-writing
    os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)


def archives(path):
    # ruleid: ingenious-storage.open-for-writing
    zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    # ruleid: ingenious-storage.open-for-writing
    tarfile.open(path, "w:gz")
    # ruleid: ingenious-storage.open-for-writing
    lzma.open(path, "ab")
    # ok: ingenious-storage.open-for-writing
    tarfile.open(path, "r:gz")
    # ok: ingenious-storage.open-for-writing
    tarfile.open(fileobj=path, mode="w")
    buffer = io.BytesIO()
    # ok: ingenious-storage.open-for-writing
    zipfile.ZipFile(buffer, "w")


def of_a_path(path):
    # ruleid: ingenious-storage.open-for-writing
    with Path(path).open("w") as file:
        file.write("x")
    # ruleid: ingenious-storage.open-for-writing
    with path.open(encoding="utf-8", mode="a") as file:
        file.write("x")


async def asynchronous(path):
    # ruleid: ingenious-storage.open-for-writing
    async with aiofiles.open(path, "w") as file:
        await file.write("x")
    # ruleid: ingenious-storage.open-for-writing
    async with await anyio.open_file(path, "a") as file:
        await file.write("x")


def reading(path):
    # ok: ingenious-storage.open-for-writing
    open(path)
    # ok: ingenious-storage.open-for-writing
    open(path, "rb")
    # ok: ingenious-storage.open-for-writing
    open(path, "r", encoding="utf-8")
    # ok: ingenious-storage.open-for-writing
    Path(path).open()
    # ok: ingenious-storage.open-for-writing
    path.open("rb")
    # ok: ingenious-storage.open-for-writing
    gzip.open(path, "rt")
    # ok: ingenious-storage.open-for-writing
    os.open(path, os.O_RDONLY)


def nothing_is_kept(data):
    # ok: ingenious-storage.open-for-writing
    with open(os.devnull, "w") as nowhere:
        nowhere.write(data)
    with tempfile.TemporaryDirectory() as folder:
        # ok: ingenious-storage.open-for-writing
        with open(folder + "/x", "w") as file:
            file.write(data)


def not_a_file(browser):
    # ok: ingenious-storage.open-for-writing
    browser.open("https://example.org", new=2)
    # ok: ingenious-storage.open-for-writing
    browser.open("waxed")
