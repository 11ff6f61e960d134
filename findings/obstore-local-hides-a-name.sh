#!/usr/bin/env bash
# obstore 0.12.1 (Rust's object_store): LocalStore.list leaves out files whose name ends in "#" and
# digits, without an error, and put refuses such a key. MemoryStore takes the same key, lists it and
# gives it back, and so do the clouds, where "#" is an ordinary character.
#
# Why it matters: "invoice#7" that another program wrote is not in a listing, so a copy or a count
# made from the listing is short and says nothing. The suffix is what object_store itself uses for
# uploads that are under way.
#
# Seen on 2026-11-29, Python 3.11, Linux:
#   on disk: invoice#7, invoice#7a, report
#   LocalStore lists: invoice#7a, report
#   put of invoice#8 to LocalStore: GenericError
#   MemoryStore lists: invoice#7
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1

"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import sys
from pathlib import Path

import obstore
from obstore.store import LocalStore, MemoryStore

data = Path(sys.argv[1], "data")
data.mkdir()
for name in ("invoice#7", "invoice#7a", "report"):
    (data / name).write_bytes(b"bytes")


def listed(store):
    return ", ".join(sorted(blob["path"] for page in obstore.list(store) for blob in page))


print("on disk:", ", ".join(sorted(path.name for path in data.iterdir())))
local, memory = LocalStore(data), MemoryStore()
print("LocalStore lists:", listed(local))
try:
    obstore.put(local, "invoice#8", b"bytes")
except Exception as error:
    print("put of invoice#8 to LocalStore:", type(error).__name__)
obstore.put(memory, "invoice#7", b"bytes")
print("MemoryStore lists:", listed(memory))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
on disk: invoice#7, invoice#7a, report
LocalStore lists: invoice#7a, report
put of invoice#8 to LocalStore: GenericError
MemoryStore lists: invoice#7
EXPECTED
echo "as described"
