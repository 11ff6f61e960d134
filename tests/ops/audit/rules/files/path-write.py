import tempfile
from pathlib import Path

ROOT = Path("memory")


def texts(thread, text):
    # ruleid: ingenious-storage.path-write
    (ROOT / thread / "context.md").write_text(text, encoding="utf-8")
    # ruleid: ingenious-storage.path-write
    Path("state.json").write_text(text)
    target = ROOT.joinpath("x")
    # ruleid: ingenious-storage.path-write
    target.write_bytes(text.encode())


async def asynchronous(path, text):
    # ruleid: ingenious-storage.path-write
    await path.write_text(text)


def reading(path):
    # ok: ingenious-storage.path-write
    path.read_text(encoding="utf-8")
    # ok: ingenious-storage.path-write
    path.read_bytes()


def nothing_is_kept(text):
    with tempfile.TemporaryDirectory() as folder:
        # ok: ingenious-storage.path-write
        Path(folder, "x").write_text(text)


def elsewhere(response, text):
    # ok: ingenious-storage.path-write
    response.write(text)
    # ok: ingenious-storage.path-write
    response.text(text)
