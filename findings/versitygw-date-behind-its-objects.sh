#!/usr/bin/env bash
# versitygw 1.8.0 (an S3 server on a folder): the `Date` of its answers is up to a second behind. A
# HEAD that is sent after a write was acknowledged can say `Date: 10:00:04` and, in the same answer,
# `Last-Modified: 10:00:05`: the object is from the future.
#
# Why it matters: S3 has no call that tells the time, so `Date` is what a client compares with
# `Last-Modified`, for the age of a lock, of a lease or of what may be swept. On S3 itself an object
# is never younger than the answer that shows it.
#
# Seen on 2026-11-29, Go 1.26, boto3 1.44.8, Python 3.11, Linux; one put and one head after another:
#   an answer is dated before the object that it shows
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
import sys
import time
from email.utils import parsedate_to_datetime

import boto3

s3 = boto3.client(
    "s3",
    endpoint_url=sys.argv[1],
    aws_access_key_id="key",
    aws_secret_access_key="secret",
    region_name="us-east-1",
)
s3.create_bucket(Bucket="bucket")
end, behind, answers = time.monotonic() + 30, 0, 0
while not behind and time.monotonic() < end:
    s3.put_object(Bucket="bucket", Key="name", Body=b"data")
    shown = s3.head_object(Bucket="bucket", Key="name")
    date = parsedate_to_datetime(shown["ResponseMetadata"]["HTTPHeaders"]["date"])
    answers += 1
    behind += date < shown["LastModified"]
print(f"{answers} answers", file=sys.stderr)
print("an answer is dated before the object that it shows" if behind else "dates are in order")
PYTHON
grep -qx 'an answer is dated before the object that it shows' "$folder/seen"
