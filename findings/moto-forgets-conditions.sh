#!/usr/bin/env bash
# moto 5.2.5 (the S3 that tests pretend to have): the same condition holds in one call and does nothing
# in the next. put_object and delete_object honour theirs. copy_object ignores IfNoneMatch, IfMatch and
# CopySourceIfMatch (but not CopySourceIfNoneMatch), complete_multipart_upload ignores IfMatch (but not
# IfNoneMatch), and delete_objects ignores the ETag of each object. They answer 200, and the object is
# replaced or gone.
#
# Why it matters: whether two writers can lose each other's work is tested here or nowhere. A program
# that moves, completes or sweeps by condition passes or fails such a test for reasons of the pretended
# S3; and boto3's upload_fileobj goes over from put to multipart at 8 MiB by itself.
#
# Seen on 2026-11-30, boto3 1.44.8, Python 3.11, Linux. "k" holds "first" before, no condition is met:
#   put_object IfNoneMatch: PreconditionFailed, k is first
#   put_object IfMatch: PreconditionFailed, k is first
#   copy_object IfNoneMatch: no error, k is other
#   copy_object IfMatch: no error, k is other
#   copy_object CopySourceIfNoneMatch: PreconditionFailed, k is first
#   copy_object CopySourceIfMatch: no error, k is other
#   complete_multipart_upload IfNoneMatch: PreconditionFailed, k is first
#   complete_multipart_upload IfMatch: no error, k is other
#   delete_object IfMatch: PreconditionFailed, k is first
#   delete_objects ETag: no error, k is gone
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[s3]==5.2.5' boto3==1.44.8

"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
target = {"Bucket": "reports", "Key": "k"}
stale = '"00000000000000000000000000000000"'


def held():
    try:
        return s3.get_object(**target)["Body"].read().decode()
    except ClientError:
        return "gone"


def look(call, condition, act):
    s3.put_object(**target, Body=b"first")
    try:
        answer = act()
        outcome = answer["Errors"][0]["Code"] if "Errors" in answer else "no error"
    except ClientError as error:
        outcome = error.response["Error"]["Code"]
    print(f"{call} {condition}: {outcome}, k is {held()}")


def put(**condition):
    look("put_object", *condition, lambda: s3.put_object(**target, Body=b"other", **condition))


def copy(**condition):
    source = {"Bucket": "reports", "Key": "other"}
    act = lambda: s3.copy_object(**target, CopySource=source, **condition)
    look("copy_object", *condition, act)


def complete(**condition):
    upload = {**target, "UploadId": s3.create_multipart_upload(**target)["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"other")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    act = lambda: s3.complete_multipart_upload(**upload, MultipartUpload=parts, **condition)
    look("complete_multipart_upload", *condition, act)


with mock_aws():
    s3 = boto3.client("s3", **keys)
    s3.create_bucket(Bucket="reports")
    source = s3.put_object(Bucket="reports", Key="other", Body=b"other")["ETag"]
    put(IfNoneMatch="*")
    put(IfMatch=stale)
    copy(IfNoneMatch="*")
    copy(IfMatch=stale)
    copy(CopySourceIfNoneMatch=source)
    copy(CopySourceIfMatch=stale)
    complete(IfNoneMatch="*")
    complete(IfMatch=stale)
    look("delete_object", "IfMatch", lambda: s3.delete_object(**target, IfMatch=stale))
    each = {"Objects": [{"Key": "k", "ETag": stale}]}
    look("delete_objects", "ETag", lambda: s3.delete_objects(Bucket="reports", Delete=each))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
put_object IfNoneMatch: PreconditionFailed, k is first
put_object IfMatch: PreconditionFailed, k is first
copy_object IfNoneMatch: no error, k is other
copy_object IfMatch: no error, k is other
copy_object CopySourceIfNoneMatch: PreconditionFailed, k is first
copy_object CopySourceIfMatch: no error, k is other
complete_multipart_upload IfNoneMatch: PreconditionFailed, k is first
complete_multipart_upload IfMatch: no error, k is other
delete_object IfMatch: PreconditionFailed, k is first
delete_objects ETag: no error, k is gone
EXPECTED
echo "as described"
