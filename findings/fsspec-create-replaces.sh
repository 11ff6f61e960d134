#!/usr/bin/env bash
# fsspec 2026.9.0: mode="create" of pipe_file and put_file is to write only where nothing is, and its
# memory file system raises FileExistsError where something is. obstore 0.12.1 (FsspecStore) takes
# the argument and replaces the file. fsspec's own LocalFileSystem keeps to it in pipe_file, and
# replaces the file in put_file. None of them says that it does not know the mode.
#
# Why it matters: a lock, a lease or "the first writer wins" that is built on this argument holds on
# one file system and lets every writer win on the next, and the file systems of fsspec are made to
# be swapped by changing a URL. obstore's own put(mode="create") refuses as it should.
#
# Seen on 2026-11-29, Python 3.11, Linux; each file held "first" before:
#   memory, pipe_file: FileExistsError, holds first
#   memory, put_file: FileExistsError, holds first
#   local, pipe_file: FileExistsError, holds first
#   local, put_file: no error, holds second
#   obstore, pipe_file: no error, holds second
#   obstore, put_file: no error, holds second
#   obstore without fsspec: AlreadyExistsError, holds first
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fsspec==2026.9.0 obstore==0.12.1

"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import sys
from pathlib import Path

import fsspec
import obstore
from obstore.fsspec import FsspecStore
from obstore.store import LocalStore

folder = Path(sys.argv[1])
source = folder / "source"
source.write_bytes(b"second")
(folder / "data").mkdir()
file = folder / "data" / "lock"


def tell(what, call, held):
    try:
        call()
        said = "no error"
    except Exception as error:
        said = type(error).__name__
    print(f"{what}: {said}, holds {held().decode()}")


def try_both(name, files, path):
    for how, call in (
        ("pipe_file", lambda: files.pipe_file(path, b"second", mode="create")),
        ("put_file", lambda: files.put_file(str(source), path, mode="create")),
    ):
        files.pipe_file(path, b"first")
        tell(f"{name}, {how}", call, lambda: files.cat_file(path))


try_both("memory", fsspec.filesystem("memory"), "/data/lock")
try_both("local", fsspec.filesystem("file"), str(file))
try_both("obstore", FsspecStore("file"), str(file))
file.write_bytes(b"first")
store = LocalStore(folder / "data")
tell(
    "obstore without fsspec",
    lambda: obstore.put(store, "lock", b"second", mode="create"),
    file.read_bytes,
)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
memory, pipe_file: FileExistsError, holds first
memory, put_file: FileExistsError, holds first
local, pipe_file: FileExistsError, holds first
local, put_file: no error, holds second
obstore, pipe_file: no error, holds second
obstore, put_file: no error, holds second
obstore without fsspec: AlreadyExistsError, holds first
EXPECTED
echo "as described"
