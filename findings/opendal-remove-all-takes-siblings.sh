#!/usr/bin/env bash
# opendal 0.47.12 (Rust's OpenDAL): remove_all("d") removes the folder "d" where the service is a file
# system. Where it is an object store (seen with memory, and with azblob on Azurite 3.37.0) it
# removes every key that begins with "d": also "db" and "db2/3", which lie beside it. No error, no
# count. With "d/" both remove the folder only.
#
# Why it matters: code that is tested on a folder erases its neighbours' data in the cloud:
# remove_all("tenant-1") also takes tenant-10 to tenant-19.
#
# Seen on 2026-11-29, Python 3.11, Linux; d/1, d/2, db and db2/3 were written before:
#   fs keeps: db, db2/3
#   memory keeps: nothing
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opendal==0.47.12

"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import sys

import opendal

for service, options in (("fs", {"root": f"{sys.argv[1]}/data"}), ("memory", {})):
    operator = opendal.Operator(service, **options)
    for key in ("d/1", "d/2", "db", "db2/3"):
        operator.write(key, b"bytes")
    operator.remove_all("d")
    kept = sorted(entry.path for entry in operator.scan("/") if not entry.path.endswith("/"))
    print(f"{service} keeps:", ", ".join(kept) or "nothing")
PYTHON

diff "$folder/seen" - <<'EXPECTED'
fs keeps: db, db2/3
memory keeps: nothing
EXPECTED
echo "as described"
