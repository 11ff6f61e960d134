#!/usr/bin/env bash
# Starlette 1.10.0: an application that is mounted below a prefix is not found by a path that has an
# encoded line break (%0A), while the same application answers it where nothing is mounted.
#
# Why it matters: names of blobs, documents and conversations may hold any character, and %0A is how
# a URL spells that one. A route of `{name:path}` takes it, until somebody mounts the application:
# then one name in the store is 404, which reads as "it is not there".
#
# Seen on 2026-11-30, Python 3.11, Linux:
#   by itself: 200 'a\nb'
#   mounted: 404
#   mounted, another name: 200 'a b'
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check starlette==1.10.0 httpx2==2.7.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.testclient import TestClient


async def blob(scope, receive, send):
    name = scope["path"].rpartition("/")[2]
    await PlainTextResponse(name)(scope, receive, send)


def tell(what, answer):
    print(f"{what}: {answer.status_code}", repr(answer.text) if answer.is_success else "", sep=" ")


tell("by itself", TestClient(blob).get("/blobs/a%0Ab"))
mounted = TestClient(Starlette(routes=[Mount("/store", blob)]))
tell("mounted", mounted.get("/store/blobs/a%0Ab"))
tell("mounted, another name", mounted.get("/store/blobs/a%20b"))
PYTHON
sed -i 's/ *$//' "$folder/seen"

diff "$folder/seen" - <<'EXPECTED'
by itself: 200 'a\nb'
mounted: 404
mounted, another name: 200 'a b'
EXPECTED
echo "as described"
