#!/usr/bin/env bash
# agent-framework-core 1.23.0: `Message.to_dict()` leaves out an additional property that is a tuple, and
# says nothing. A list is kept, and so is a tuple inside of a dict. So a message that is stored by it, as the
# framework's own stores do, comes back without what an application had noted on it.
#
# Why it matters: additional properties are where applications and tools put citations, positions and
# flags. Pairs such as (start, end) are tuples in Python, and json itself writes them as lists.
#
# Seen on 2026-11-30, Python 3.11, Linux:
#   put in: ['cited', 'deep', 'listed', 'tuple']
#   came back: ['cited', 'deep', 'listed']
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'agent-framework-core==1.23.0'

"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
from agent_framework import Message

properties = {
    "cited": "page 3",
    "listed": [4, 9],
    "tuple": (4, 9),
    "deep": {"spans": [(4, 9)]},
}
message = Message(role="assistant", contents=["ok"], additional_properties=properties)
print("put in:", sorted(properties))
print("came back:", sorted(Message.from_dict(message.to_dict()).additional_properties))
PYTHON

diff "$folder/seen" - <<'EXPECTED'
put in: ['cited', 'deep', 'listed', 'tuple']
came back: ['cited', 'deep', 'listed']
EXPECTED
echo "as described"
