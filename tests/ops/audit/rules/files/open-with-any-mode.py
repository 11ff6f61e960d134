import gzip
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path

import aiofiles

MODE = "rb"


def decided_elsewhere(path, mode, options):
    # ruleid: ingenious-storage.open-with-any-mode
    with open(path, mode) as file:
        file.seek(0)
    # ruleid: ingenious-storage.open-with-any-mode
    open(path, encoding="utf-8", mode=mode)
    # ruleid: ingenious-storage.open-with-any-mode
    open(path, mode + "b")
    # ruleid: ingenious-storage.open-with-any-mode
    open(path, "a" if path.exists() else "w")
    # ruleid: ingenious-storage.open-with-any-mode
    open(path, f"{mode}b")
    # ruleid: ingenious-storage.open-with-any-mode
    gzip.open(path, mode)
    # ruleid: ingenious-storage.open-with-any-mode
    Path(path).open(mode)
    # ruleid: ingenious-storage.open-with-any-mode
    path.open(mode=mode)
    # ruleid: ingenious-storage.open-with-any-mode
    zipfile.ZipFile(path, mode)
    # ruleid: ingenious-storage.open-with-any-mode
    tarfile.open(path, f"w:{mode}" if mode else "w")
    # ruleid: ingenious-storage.open-with-any-mode
    open(path, **options)


class Log:
    def __init__(self, path, mode="a"):
        # ruleid: ingenious-storage.open-with-any-mode
        self.file = open(path, mode)
        # ruleid: ingenious-storage.open-with-any-mode
        self.again = open(path, self.mode)


async def asynchronous(path, mode):
    # ruleid: ingenious-storage.open-with-any-mode
    async with aiofiles.open(path, mode) as file:
        await file.write("x")


def known(path, binary):
    # ok: ingenious-storage.open-with-any-mode
    open(path)
    # ok: ingenious-storage.open-with-any-mode
    open(path, "rb")
    # ok: ingenious-storage.open-with-any-mode
    open(path, MODE)
    # ok: ingenious-storage.open-with-any-mode
    open(path, "rb" if binary else "r")
    # ok: ingenious-storage.open-with-any-mode
    tarfile.open(path, f"r:{binary}" if binary else "r")
    # ok: ingenious-storage.open-with-any-mode
    open(path, encoding="utf-8")
    # ok: ingenious-storage.open-with-any-mode
    open(os.devnull, MODE)


def not_a_file(browser, url, mode):
    # ok: ingenious-storage.open-with-any-mode
    browser.open(url)
    with tempfile.TemporaryDirectory() as folder:
        # ok: ingenious-storage.open-with-any-mode
        open(folder + "/x", mode)
