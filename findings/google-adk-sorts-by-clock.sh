#!/usr/bin/env bash
# google-adk 2.13.0: its session services keep a conversation in another order than that in which the
# events were appended. InMemorySessionService keeps the order of append_event. SqliteSessionService and
# DatabaseSessionService sort by each event's own timestamp, and where two are equal the latter sorts by
# id, which is random. So an answer from a host whose clock is half a second behind is stored before its
# question, and `num_recent_events` leaves out the newest event.
#
# Why it matters: a conversation that several hosts serve, a clock that is set back, or events imported
# with times in whole seconds: the model is shown results before their calls, and answers before their
# questions. Nothing is refused, and tests on the service in memory pass.
#
# Seen on 2026-11-30, Python 3.11, Linux. Appended: question, call, result, answer:
#   memory, answer by a clock behind: question, call, result, answer; the last: answer
#   sqlite, answer by a clock behind: question, answer, call, result; the last: result
#   database, answer by a clock behind: question, answer, call, result; the last: result
#   memory, all in one second: question, call, result, answer; the last: answer
#   sqlite, all in one second: question, call, result, answer; the last: answer
#   database, all in one second: answer, result, call, question; the last: question
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-adk==2.13.0 \
    'sqlalchemy[asyncio]==2.1.9' aiosqlite==0.22.1

"$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON' | tee "$folder/seen"
import asyncio
import sys

from google.adk.events import Event
from google.adk.sessions import DatabaseSessionService, InMemorySessionService
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.genai.types import Content, Part

begin = 1_800_000_000.0
said = ("question", "call", "result", "answer")


async def look(name, service, what, seconds):
    who = {"app_name": "app", "user_id": "user"}
    session = await service.create_session(**who)
    for number, (text, second) in enumerate(zip(said, seconds)):
        content = Content(role="user", parts=[Part(text=text)])
        # Ids are random; these fall, which is as good as any.
        given = {"id": f"{what}-{9 - number}", "author": "user", "invocation_id": "i"}
        await service.append_event(session, Event(**given, timestamp=begin + second, content=content))
    which = {**who, "session_id": session.id}
    kept = (await service.get_session(**which)).events
    last = (await service.get_session(**which, config=GetSessionConfig(num_recent_events=1))).events
    text = lambda events: ", ".join(event.content.parts[0].text for event in events)
    print(f"{name}, {what}: {text(kept)}; the last: {text(last)}")


async def main():
    services = {
        "memory": InMemorySessionService(),
        "sqlite": SqliteSessionService(f"{sys.argv[1]}/sqlite.db"),
        "database": DatabaseSessionService(f"sqlite+aiosqlite:///{sys.argv[1]}/database.db"),
    }
    for name, service in services.items():
        await look(name, service, "answer by a clock behind", (0.0, 1.0, 1.2, 0.7))
    for name, service in services.items():
        await look(name, service, "all in one second", (0.0, 0.0, 0.0, 0.0))


asyncio.run(main())
PYTHON

diff "$folder/seen" - <<'EXPECTED'
memory, answer by a clock behind: question, call, result, answer; the last: answer
sqlite, answer by a clock behind: question, answer, call, result; the last: result
database, answer by a clock behind: question, answer, call, result; the last: result
memory, all in one second: question, call, result, answer; the last: answer
sqlite, all in one second: question, call, result, answer; the last: answer
database, all in one second: answer, result, call, question; the last: question
EXPECTED
echo "as described"
