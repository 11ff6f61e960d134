#!/usr/bin/env bash
# s3fs 2026.9.0: cat_file with start=3 and end=3, no bytes at all, gives the whole object, and so does
# cat_ranges for such a range among others. fsspec 2026.9.0 says of start and end that they work as in a
# slice; its memory and local file systems give b"". s3fs asks for "bytes=3-2", which S3 and RFC 9110
# take for no range and answer with everything.
#
# Why it matters: ranges are computed from an index (a column of no rows, a part between two equal
# offsets, a record without a body). One that is empty comes back as the whole file, without an error:
# what was to be nothing is gigabytes, or is parsed as a record.
#
# Seen on 2026-11-30 with moto 5.2.5, which answers such a range as S3 does, Python 3.11, Linux. The
# object is 0123456789:
#   memory, 3 to 3: nothing
#   memory, 0 to 0: nothing
#   local, 3 to 3: nothing
#   local, 0 to 0: nothing
#   s3fs, 3 to 3: 0123456789
#   s3fs, 0 to 0: 0123456789
#   s3fs, 0 to 4, 4 to 4, 4 to 10 in one call: 0123, 0123456789, 456789
#   sent by s3fs: bytes=3-2
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check s3fs==2026.9.0 fsspec==2026.9.0 \
    'moto[s3]==5.2.5' flask==3.1.3 flask-cors==6.0.5

mkdir "$folder/files"
"$folder/venv/bin/python" -W ignore - "$folder/files" 2>"$folder/log" <<'PYTHON' | tee "$folder/seen"
import sys

import fsspec
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

data = b"0123456789"


def look(name, files, path):
    files.pipe_file(path, data)
    for at in (3, 0):
        read = files.cat_file(path, start=at, end=at).decode() or "nothing"
        print(f"{name}, {at} to {at}: {read}")


look("memory", fsspec.filesystem("memory"), "/day")
look("local", fsspec.filesystem("file"), f"{sys.argv[1]}/day")

moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
moto.start()
endpoint = "http://{}:{}".format(*moto.get_host_and_port())
files = S3FileSystem(key="k", secret="s", endpoint_url=endpoint)
files.mkdir("reports")
look("s3fs", files, "reports/day")
read = files.cat_ranges(["reports/day"] * 3, [0, 4, 4], [4, 4, 10])
print("s3fs, 0 to 4, 4 to 4, 4 to 10 in one call: " + ", ".join(map(bytes.decode, read)))

sent = []
note = lambda params, **_: sent.append(params["headers"]["Range"])
files.s3.meta.events.register("before-call.s3.GetObject", note)
files.cat_file("reports/day", start=3, end=3)
print("sent by s3fs: " + ", ".join(sent))
moto.stop()
PYTHON

diff "$folder/seen" - <<'EXPECTED'
memory, 3 to 3: nothing
memory, 0 to 0: nothing
local, 3 to 3: nothing
local, 0 to 0: nothing
s3fs, 3 to 3: 0123456789
s3fs, 0 to 0: 0123456789
s3fs, 0 to 4, 4 to 4, 4 to 10 in one call: 0123, 0123456789, 456789
sent by s3fs: bytes=3-2
EXPECTED
echo "as described"
