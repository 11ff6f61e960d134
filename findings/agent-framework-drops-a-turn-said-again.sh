#!/usr/bin/env bash
# agent-framework-core 1.23.0: its history providers keep a turn once that was said twice. A user says
# "yes" and is answered "done", and later the same again: of four messages two are stored, in memory
# and in files. One message alone that is saved twice is stored twice.
#
# Why it matters: "yes" and "done", "next" and a number, a command and its "ok" are what agents hear and
# say. The second turn is missing in what the model is shown and in what is audited, and no error says
# so. A message without an id is taken for a replay of the stored end of the history; with ids of their
# own all four are stored.
#
# Seen on 2026-11-30, Python 3.11, Linux:
#   in memory: 2 of 4 messages
#   in files: 2 of 4 messages
#   one message, twice: 2 of 2 messages
#   in memory, with ids: 4 of 4 messages
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'agent-framework-core==1.23.0'

"$folder/venv/bin/python" -W ignore - "$folder/histories" <<'PYTHON' | tee "$folder/seen"
import asyncio
import sys
from itertools import count

from agent_framework import FileHistoryProvider, InMemoryHistoryProvider, Message

numbers = count()


def turn(*said, ids=False):
    roles = ("user", "assistant")
    return [
        Message(role=role, contents=[text], message_id=f"m{next(numbers)}" if ids else None)
        for role, text in zip(roles, said)
    ]


async def look(what, provider, first, second):
    state = {}
    for messages in (first, second):
        await provider.save_messages("a session", messages, state=state)
    stored = await provider.get_messages("a session", state=state)
    print(f"{what}: {len(stored)} of {len(first) + len(second)} messages")


async def main():
    said = ("yes", "done")
    await look("in memory", InMemoryHistoryProvider(), turn(*said), turn(*said))
    await look("in files", FileHistoryProvider(sys.argv[1]), turn(*said), turn(*said))
    await look("one message, twice", InMemoryHistoryProvider(), turn("yes"), turn("yes"))
    with_ids = turn(*said, ids=True), turn(*said, ids=True)
    await look("in memory, with ids", InMemoryHistoryProvider(), *with_ids)


asyncio.run(main())
PYTHON

diff "$folder/seen" - <<'EXPECTED'
in memory: 2 of 4 messages
in files: 2 of 4 messages
one message, twice: 2 of 2 messages
in memory, with ids: 4 of 4 messages
EXPECTED
echo "as described"
