"""Sessions: who is behind, several at once, what cannot be kept, and what each call costs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.adk.errors import StaleSessionError
from google.adk.events import Event, EventActions
from google.adk.sessions import Session
from google.genai import types

from ingenious_storage import InvalidDataError, NotFoundError, PermissionDeniedError, Storage
from ingenious_storage.adapters.google_adk import (
    StorageArtifactService,
    StorageSessionService,
    scopes,
)
from tests.support.counting import CountingBackend

S: dict[str, Any] = {"app_name": "app", "user_id": "ana", "session_id": "s"}


def ids(session: Session | None) -> list[str]:
    assert session is not None
    return [event.id for event in session.events]


def test_who_is_behind_is_refused(somewhere: Callable[[], Storage]) -> None:
    async def run(one: StorageSessionService, other: StorageSessionService) -> None:
        mine = await one.create_session(**S)
        await one.append_event(mine, Event(author="ana", id="1"))
        theirs = await other.get_session(**S)
        assert theirs is not None
        await other.append_event(theirs, Event(author="bob", id="2"))
        late = Event(author="ana", id="3", actions=EventActions(state_delta={"user:n": 3}))
        with pytest.raises(StaleSessionError):
            await one.append_event(mine, late)
        assert ids(mine) == ["1"]
        assert await one.get_user_state(app_name="app", user_id="ana") == {}
        again = await one.get_session(**S)
        assert again is not None
        await one.append_event(again, late)
        assert ids(await other.get_session(**S)) == ids(again) == ["1", "2", "3"]
        told = Session.model_validate_json(again.model_dump_json())  # as a web client has it
        await one.append_event(told, Event(author="ana", id="4"))
        assert ids(await one.get_session(**S)) == ["1", "2", "3", "4"]

    with somewhere() as first, somewhere() as second:
        asyncio.run(run(StorageSessionService(first), StorageSessionService(second)))


def test_one_session_object_may_be_appended_to_at_once(storage: Storage) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S)
        for turn in range(3):
            events = [Event(author="m", id=f"{turn}-{number}") for number in range(10)]
            await asyncio.gather(*(sessions.append_event(session, each) for each in events))
        assert len(session.events) == 30
        assert sorted(ids(await sessions.get_session(**S))) == sorted(ids(session))

    asyncio.run(run())


def test_of_two_copies_that_append_at_once_one_is_behind(storage: Storage) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        await sessions.create_session(**S)
        for turn in range(4):
            read = await sessions.get_session(**S)
            assert read is not None
            copies = [read.model_copy(deep=True) for _ in range(3)]
            outcomes = await asyncio.gather(
                *(
                    sessions.append_event(copy, Event(author="m", id=f"{turn}-{number}"))
                    for number, copy in enumerate(copies)
                ),
                return_exceptions=True,
            )
            behind = [each for each in outcomes if isinstance(each, StaleSessionError)]
            assert len(behind) == 2
        assert len(ids(await sessions.get_session(**S))) == 4

    asyncio.run(run())


def test_an_append_whose_shared_state_failed_is_completed_by_another(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S)
        event = Event(author="m", id="1", actions=EventActions(state_delta={"user:n": 1, "x": 2}))
        with monkeypatch.context() as patched:
            patched.setattr(scopes, "write", refuse)
            with pytest.raises(PermissionDeniedError):
                await sessions.append_event(session, event)
        assert ids(session) == ids(await sessions.get_session(**S)) == ["1"]
        await sessions.append_event(session, event)
        await sessions.append_event(session, Event(author="m", id="2"))
        read = await sessions.get_session(**S)
        assert read is not None
        assert ids(session) == ids(read) == ["1", "2"]
        assert read.state == {"x": 2, "user:n": 1}

    def refuse(*_: Any) -> None:
        raise PermissionDeniedError("not this container")

    asyncio.run(run())


def test_users_of_several_loops_lose_no_state(storage: Storage) -> None:
    sessions = StorageSessionService(storage)

    async def use(user: int) -> None:
        at: dict[str, Any] = {"app_name": "app", "user_id": str(user % 2), "session_id": str(user)}
        session = await sessions.create_session(**at)
        for turn in range(5):
            delta = {f"app:{user}-{turn}": 1, f"user:{user}-{turn}": 1}
            actions = EventActions(state_delta=delta)
            await sessions.append_event(session, Event(author="m", actions=actions))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda user: asyncio.run(use(user)), range(6)))
    found = asyncio.run(sessions.list_sessions(app_name="app")).sessions
    assert len(found) == 6
    assert all(len([name for name in each.state if "app:" in name]) == 30 for each in found)
    assert all(len([name for name in each.state if "user:" in name]) == 15 for each in found)


def test_what_is_no_data_is_refused_before_any_request(
    storage: Storage, counted: CountingBackend
) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S, state={"temp:f": print})
        counted.reset()
        with pytest.raises(InvalidDataError):
            await sessions.create_session(**S, state={"f": print})
        actions = EventActions(state_delta={"f": print, "temp:f": print})
        with pytest.raises(InvalidDataError):
            await sessions.append_event(session, Event(author="m", actions=actions))
        assert counted.total == 0
        assert session.events == []

    asyncio.run(run())


def test_what_json_has_none_of_is_kept(storage: Storage) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S)
        parts = [
            types.Part(text="half a pair: \ud83d"),
            types.Part(inline_data=types.Blob(mime_type="image/png", data=b"\xff\x00\xfe")),
            types.Part(thought_signature=b"\xff\xfe", text="thought"),
            types.Part(function_call=types.FunctionCall(name="f", args={"x": [1, None]})),
        ]
        event = Event(
            author="m",
            content=types.Content(role="model", parts=parts),
            actions=EventActions(state_delta={"bytes": b"\x80", "none": None}),
            long_running_tool_ids={"b", "a"},
            finish_reason=types.FinishReason.STOP,
        )
        await sessions.append_event(session, event)
        read = await sessions.get_session(**S)
        assert read is not None
        assert read.events == session.events
        assert read.state == {"bytes": b"\x80", "none": None}

    asyncio.run(run())


def test_a_session_is_read_as_the_object_that_was_appended_to(storage: Storage) -> None:
    event = Event(
        author="m",
        invocation_id="i",
        branch="a.b",
        content=types.Content(role="model", parts=[types.Part(text="said")]),
        actions=EventActions(
            state_delta={"own": {"deep": [None]}, "user:n": 1},
            artifact_delta={"file": 3},
            transfer_to_agent="other",
            escalate=True,
            skip_summarization=False,
        ),
        citation_metadata=types.CitationMetadata(),
        custom_metadata={"a": None, "b": [{}]},
        error_code="E",
        grounding_metadata=types.GroundingMetadata(
            search_entry_point=types.SearchEntryPoint(sdk_blob=b"\xff"), web_search_queries=["q"]
        ),
        input_transcription=types.Transcription(text="in", finished=True),
        interrupted=False,
        turn_complete=True,
        usage_metadata=types.GenerateContentResponseUsageMetadata(total_token_count=2),
        timestamp=1_800_000_000.123456,
    )

    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S)
        await sessions.append_event(session, event)
        assert await sessions.get_session(**S) == session

    asyncio.run(run())


def test_what_each_call_costs(storage: Storage, counted: CountingBackend) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S)
        assert counted.operations == Counter(put=1, get=2)
        counted.reset()
        for _ in range(10):
            await sessions.append_event(session, Event(author="m"))
        assert counted.operations == Counter(put=10)
        counted.reset()
        actions = EventActions(state_delta={"own": 1, "user:n": 1})
        await sessions.append_event(session, Event(author="m", actions=actions))
        assert counted.operations == Counter(put=2, get=1)
        counted.reset()
        await sessions.get_session(**S)
        assert (counted.operations, counted.not_modified) == (Counter(get=3), 2)
        counted.reset()
        assert len((await sessions.list_sessions(app_name="app")).sessions) == 1
        assert counted.operations == Counter(list=2, get=3)

    asyncio.run(run())


def test_a_deleted_session_stays_in_its_history_until_it_is_erased(storage: Storage) -> None:
    async def run() -> None:
        sessions = StorageSessionService(storage)
        session = await sessions.create_session(**S)
        await sessions.append_event(session, Event(author="m", id="1"))
        await sessions.delete_session(**S)
        documents = storage.agents("google-adk")
        key = documents.key("session", "app", "ana", "s", leaf="session")
        assert [each.deleted for each in documents.store.history(key)] == [True, False, False]
        (receipt,) = await sessions.erase_session(**S)
        assert receipt.revisions == 3
        assert await sessions.erase_session(**S) == []
        with pytest.raises(NotFoundError):
            documents.store.history(key)

    asyncio.run(run())


def test_a_user_is_erased_and_nobody_else(storage: Storage, counted: CountingBackend) -> None:
    async def run() -> None:
        sessions, files = StorageSessionService(storage), StorageArtifactService(storage)
        for user in ("ana", "ana/b", "bob"):
            at: dict[str, Any] = {"app_name": "app", "user_id": user, "session_id": "s"}
            await sessions.create_session(**at, state={"user:n": user, "app:n": 1})
            for name in ("f", "user:f"):
                await files.save_artifact(**at, filename=name, artifact=types.Part(text=user))
        await sessions.delete_session(**S)
        who: dict[str, Any] = {"app_name": "app", "user_id": "ana"}
        assert len(await sessions.erase_user(**who)) == 2
        assert len(await files.erase_user(**who)) == 2
        assert await sessions.erase_user(**who) == []
        assert await sessions.get_user_state(**who) == {}
        found = (await sessions.list_sessions(app_name="app")).sessions
        assert [each.user_id for each in found] == ["ana/b", "bob"]
        assert await files.list_artifact_keys(**S) == []
        stays = await files.list_artifact_keys(app_name="app", user_id="bob", session_id="s")
        assert stays == ["f", "user:f"]

    asyncio.run(run())
