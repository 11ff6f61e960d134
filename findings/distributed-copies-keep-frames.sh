#!/usr/bin/env bash
# distributed 2026.8.0 (Dask): once it is imported, `copy.copy` of an exception of any class that
# exists by then keeps its traceback and its cause, and so do copies by pickle. Without it a copy has
# neither.
#
# Why it matters: code that copies an error to hand it to other threads, or to drop the frames whose
# local variables hold a key, does so no longer in a process where some library imports Dask; reports
# with local variables then show them. It registers a reducer of tblib for all exceptions, in the
# table that `copy` and `pickle` share.
#
# Seen on 2026-11-30, tblib 3.2.2, Python 3.11, Linux:
#   before: traceback None, cause None
#   after: traceback of send, wrap, cause OSError('no route')
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    distributed==2026.8.0 dask==2026.8.0 tblib==3.2.2

"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import copy
import traceback


class AwayError(Exception):
    pass


def wrap(key):
    try:
        raise OSError("no route")
    except OSError as error:
        raise AwayError("the vault is away") from error


def send():
    wrap(b"a key")


def told():
    try:
        send()
    except AwayError as error:
        copied = copy.copy(error)
    frames = [frame.name for frame in traceback.extract_tb(copied.__traceback__)]
    found = f"of {', '.join(frames[1:])}" if frames else "None"
    return f"traceback {found}, cause {copied.__cause__!r}"


print("before:", told())
import distributed  # noqa: E402, F401

print("after:", told())
PYTHON

diff "$folder/seen" - <<'EXPECTED'
before: traceback None, cause None
after: traceback of send, wrap, cause OSError('no route')
EXPECTED
echo "as described"
