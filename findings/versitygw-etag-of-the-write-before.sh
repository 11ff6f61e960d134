#!/usr/bin/env bash
# versitygw 1.8.0 (an S3 server on a folder): a GET beside an overwrite now and then answers with the
# ETag of an earlier write and the bytes of a later one, whole and without an error. A write's ETag
# is the MD5 of its bytes there, so the answer contradicts itself.
#
# Why it matters: a reader that keeps bytes under their ETag keeps bytes that never had it, and a
# test that checks the bytes against the ETag fails for what is no fault of the client. S3 itself
# answers with the old object or with the new one.
#
# Seen on 2026-11-29, Go 1.26, boto3 1.44.8, Python 3.11, Linux; one writer of numbered objects of
# 4 KiB, three readers. It took 450 to 2,300 reads, 1 to 6 seconds, until one said:
#   a GET gave the ETag of a write before that of its bytes
#
# It needs Go 1.26 and a disk with extended attributes. The build takes some minutes the first time.
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check boto3==1.44.8 botocore==1.44.8
GOBIN="$folder" go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$folder/data"
"$folder/versitygw" --access key --secret secret --port "127.0.0.1:$port" --quiet --keep-alive \
    posix "$folder/data" >"$folder/log" 2>&1 &
server=$!
until (: <"/dev/tcp/127.0.0.1/$port") 2>"$folder/refused"; do
    kill -0 "$server"
    sleep 0.2
done

"$folder/venv/bin/python" - "http://127.0.0.1:$port" <<'PYTHON' | tee "$folder/seen"
import hashlib
import sys
import threading
import time

import boto3

end = time.monotonic() + 120
found = []
written = {}  # ETag: number of the write


def client():
    return boto3.session.Session().client(
        "s3",
        endpoint_url=sys.argv[1],
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )


def put(s3, number):
    data = str(number).encode().ljust(4096)
    written[f'"{hashlib.md5(data).hexdigest()}"'] = number
    s3.put_object(Bucket="bucket", Key="name", Body=data)


def write():
    s3, number = client(), 0
    while time.monotonic() < end and not found:
        number += 1
        put(s3, number)


def read():
    s3 = client()
    while time.monotonic() < end and not found:
        answer = s3.get_object(Bucket="bucket", Key="name")
        number = int(answer["Body"].read())
        ahead = number - written[answer["ETag"]]
        if ahead:
            found.append("before" if ahead > 0 else "after")


s3 = client()
s3.create_bucket(Bucket="bucket")
put(s3, 0)
threads = [threading.Thread(target=each) for each in (write, read, read, read)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
said = f"the ETag of a write {found[0]} that of its bytes" if found else "always the ETag of its bytes"
print("a GET gave", said)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
a GET gave the ETag of a write before that of its bytes
EXPECTED
echo "as described"
