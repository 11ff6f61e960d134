#!/usr/bin/env bash
# jsonpatch 1.48: a patch whose `test` does not hold raises JsonPatchTestFailed, and with
# in_place=True the operations before the test stay in the document.
#
# Why it matters: a test is how a patch says "only if it is still so", and RFC 6902 (section 5) with
# RFC 5789 applies a patch whole or not at all. Who catches the error as "nothing was done", and goes
# on with a document that is kept in memory or written back later, has half of the patch in it.
#
# Seen on 2026-11-30, Python 3.11, Linux:
#   a copy: JsonPatchTestFailed, document {'stage': 'canary', 'revision': 7}
#   in place: JsonPatchTestFailed, document {'stage': 'production', 'revision': 7}
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonpatch==1.48

"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
import jsonpatch

patch = jsonpatch.JsonPatch(
    [
        {"op": "replace", "path": "/stage", "value": "production"},
        {"op": "test", "path": "/revision", "value": 6},
    ]
)
for what, in_place in (("a copy", False), ("in place", True)):
    document = {"stage": "canary", "revision": 7}
    try:
        patch.apply(document, in_place=in_place)
    except jsonpatch.JsonPatchTestFailed as error:
        print(f"{what}: {type(error).__name__}, document {document}")
PYTHON

diff "$folder/seen" - <<'EXPECTED'
a copy: JsonPatchTestFailed, document {'stage': 'canary', 'revision': 7}
in place: JsonPatchTestFailed, document {'stage': 'production', 'revision': 7}
EXPECTED
echo "as described"
