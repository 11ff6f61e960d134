import os
import shutil
import tempfile
from pathlib import Path


def copies(source, target):
    # ruleid: ingenious-storage.file-operations
    shutil.copytree(source, target)
    # ruleid: ingenious-storage.file-operations
    shutil.copy2(source, target)
    # ruleid: ingenious-storage.file-operations
    shutil.move(source, target)


def replaces(temporary, target):
    # ruleid: ingenious-storage.file-operations
    os.replace(temporary, target)
    # ruleid: ingenious-storage.file-operations
    os.rename(temporary, target)
    # ruleid: ingenious-storage.file-operations
    Path(temporary).replace(target)


def deletes(path):
    # ruleid: ingenious-storage.file-operations
    os.remove(path)
    # ruleid: ingenious-storage.file-operations
    Path(path).unlink()
    # ruleid: ingenious-storage.file-operations
    path.unlink(missing_ok=True)
    # ruleid: ingenious-storage.file-operations
    shutil.rmtree(path, ignore_errors=True)


def asks_only(path):
    # ok: ingenious-storage.file-operations
    shutil.which("git")
    # ok: ingenious-storage.file-operations
    shutil.disk_usage(path)
    # ok: ingenious-storage.file-operations
    os.listdir(path)


def sends(file, response):
    # ok: ingenious-storage.file-operations
    shutil.copyfileobj(file, response)


def other_things(name, frame, block):
    # ok: ingenious-storage.file-operations
    name.replace("a", "b")
    # ok: ingenious-storage.file-operations
    frame.rename(columns={"a": "b"})
    # ok: ingenious-storage.file-operations
    name.strip().replace("a", "b")


def temporary(work):
    folder = tempfile.mkdtemp()
    try:
        work(folder)
    finally:
        # ok: ingenious-storage.file-operations
        shutil.rmtree(folder)
    file = tempfile.NamedTemporaryFile(delete=False)
    # ok: ingenious-storage.file-operations
    os.unlink(file.name)
    with tempfile.TemporaryDirectory() as place:
        # ok: ingenious-storage.file-operations
        shutil.copy("a", place)
