"""Agents of the framework: a runner with a model that is made up, and a store that hangs."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from google.adk.agents import LlmAgent
from google.adk.events import Event
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import Runner
from google.genai import types

from ingenious_storage import CommitUnknownError, Storage
from ingenious_storage.adapters.google_adk import StorageArtifactService, StorageSessionService
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings, StorageSettings
from tests.support.loops import goes_on, out_of_time
from tests.support.page import ROOT, Page
from tests.support.servers.doors import HangingDoor, hanging_door

S: dict[str, Any] = {"user_id": "ana", "session_id": "s"}


class Counting(BaseLlm):
    """Says how much it was told."""

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        said = f"told {len(llm_request.contents)}"
        content = types.Content(role="model", parts=[types.Part(text=said)])
        yield LlmResponse(content=content)


async def turn(storage: Storage, said: str) -> list[str]:
    """What is said in the session after a run of an agent, in a process that begins anew."""
    sessions = StorageSessionService(storage)
    agent = LlmAgent(name="agent", model=Counting(model="made-up"), output_key="user:last")
    runner = Runner(
        app_name="app",
        agent=agent,
        session_service=sessions,
        artifact_service=StorageArtifactService(storage),
        auto_create_session=True,
    )
    message = types.Content(role="user", parts=[types.Part(text=said)])
    async for _ in runner.run_async(**S, new_message=message):
        pass
    session = await sessions.get_session(app_name="app", **S)
    assert session is not None
    assert session.state["user:last"] == f"told {len(session.events) - 1}"
    parts = (event.content.parts for event in session.events if event.content)
    return [part.text or "" for some in parts for part in some or []]


def test_a_runner_goes_on_where_another_process_stopped(
    somewhere: Callable[[], Storage],
) -> None:
    for said, expected in (
        ("hello", ["hello", "told 1"]),
        ("again", ["hello", "told 1", "again", "told 3"]),
    ):
        with somewhere() as storage:
            assert asyncio.run(turn(storage, said)) == expected


def test_a_store_that_hangs_blocks_no_loop_and_is_given_up() -> None:
    async def run(sessions: StorageSessionService, door: HangingDoor) -> None:
        at: dict[str, Any] = {"app_name": "app", **S}
        await goes_on(sessions.get_session(**at), door)
        with pytest.raises(CommitUnknownError):
            await out_of_time(lambda: sessions.create_session(**at), door)

    with hanging_door() as door:
        section = (
            "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=bm9uZQ==;"
            f"BlobEndpoint=http://127.0.0.1:{door.port}/devstoreaccount1;"
        )
        settings = StorageSettings(type="azure_blob", connection_string=section, timeout=60)
        with Storage(Settings(settings)) as storage:
            asyncio.run(run(StorageSessionService(storage), door))


def test_an_append_that_is_cancelled_says_that_it_was_made(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 30.0)

    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(app_name="app", **S)
        append = asyncio.create_task(sessions.append_event(session, Event(author="m", id="1")))
        await asyncio.sleep(0)
        append.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await append
        assert caught.value.__notes__ == ["The change was made before this was cancelled."]
        await sessions.append_event(session, Event(author="m", id="2"))
        read = await sessions.get_session(app_name="app", **S)
        assert read is not None
        assert [event.id for event in read.events] == ["1", "2"]
        assert read.events == session.events

    asyncio.run(run())


def test_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples/frameworks/google_adk.py"), run_name="__main__")
    assert capsys.readouterr().out.splitlines() == [
        "You said: hello. This is turn 1.",
        "You said: my report. This is turn 2.",
        "report.txt has the versions [0, 1]; the first: draft",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_code_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "".join(Page("docs/frameworks/google-adk.md").blocks("python"))
    exec(compile(code, "google-adk.md", "exec", dont_inherit=True), {"__name__": "page"})
