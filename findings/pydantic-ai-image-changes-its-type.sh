#!/usr/bin/env bash
# pydantic-ai-slim 2.68.0: a history with an image is not equal to itself after its own JSON. The part
# goes in as BinaryContent and comes back as BinaryImage, which is another type, so that both messages
# compare as different. A document as BinaryContent comes back as it was.
#
# Why it matters: whoever stores a conversation tells by comparing which of the messages are new. With
# an image in it the stored beginning is not recognised, so each turn is stored as a new branch, or the
# whole conversation once more. Compare the JSON of both, or load what was dumped before comparing.
#
# Seen on 2026-11-30, Python 3.11, Linux:
#   image/png: BinaryContent comes back as BinaryImage, equal: False
#   application/pdf: BinaryContent comes back as BinaryContent, equal: True
#   image/png, once it was loaded: BinaryImage comes back as BinaryImage, equal: True
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pydantic-ai-slim==2.68.0'

"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
from pydantic_ai.messages import (
    BinaryContent,
    ModelMessagesTypeAdapter,
    ModelRequest,
    UserPromptPart,
)


def look(what, before):
    after = ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json(before))
    types = [type(each[0].parts[0].content[0]).__name__ for each in (before, after)]
    print(f"{what}: {types[0]} comes back as {types[1]}, equal: {before == after}")
    return after


def history(media_type):
    content = BinaryContent(data=b"some bytes", media_type=media_type)
    return [ModelRequest(parts=[UserPromptPart(content=[content])])]


loaded = look("image/png", history("image/png"))
look("application/pdf", history("application/pdf"))
look("image/png, once it was loaded", loaded)
PYTHON

diff "$folder/seen" - <<'EXPECTED'
image/png: BinaryContent comes back as BinaryImage, equal: False
application/pdf: BinaryContent comes back as BinaryContent, equal: True
image/png, once it was loaded: BinaryImage comes back as BinaryImage, equal: True
EXPECTED
echo "as described"
