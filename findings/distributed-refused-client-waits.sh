#!/usr/bin/env bash
# distributed 2026.8.0 (Dask): a Client with set_as_default=False, for a tls:// address and without a
# certificate, raises TypeError within milliseconds, and then the process goes on only after twice the
# client's timeout: what is left of it is closed by its finalizer, which waits in vain and prints the
# traceback of a TimeoutError that is ignored. With the default, set_as_default=True, it ends at once.
#
# Why it matters: a command that tells its user at once what is wrong hangs for a minute behind that
# message, with the default timeout of 30 seconds; a job that is tried again hangs each time. Who
# catches the error has no client to close.
#
# Seen on 2026-12-01, Python 3.11, Linux, with a timeout of 4 seconds:
#   TypeError within 1 s, the process ends within 1 s: False, within 12 s: True
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    distributed==2026.8.0 dask==2026.8.0

cat >"$folder/ask.py" <<'PYTHON'
import time

from distributed import Client

began = time.monotonic()
try:
    Client("tls://127.0.0.1:1", timeout=4, set_as_default=False)
except TypeError as error:
    assert "ssl_context" in str(error)
    assert time.monotonic() - began < 1
    print("TypeError within 1 s, ", end="", flush=True)
PYTHON

"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import subprocess
import sys
import time
from pathlib import Path

folder = Path(sys.argv[1])
with (folder / "ignored").open("wb") as ignored:
    process = subprocess.Popen(
        [sys.executable, folder / "ask.py"], stdout=subprocess.PIPE, stderr=ignored, text=True
    )
    told = process.stdout.read(len("TypeError within 1 s, "))
    began = time.monotonic()
    process.wait(timeout=60)
    waited = time.monotonic() - began
assert "TimeoutError" in (folder / "ignored").read_text()
print(f"{told}the process ends within 1 s: {waited < 1}, within 12 s: {waited < 12}")
PYTHON

diff "$folder/seen" - <<'EXPECTED'
TypeError within 1 s, the process ends within 1 s: False, within 12 s: True
EXPECTED
echo "as described"
