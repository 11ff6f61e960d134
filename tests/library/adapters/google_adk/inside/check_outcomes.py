"""One table of outcomes: the framework's own services in memory, and these on a storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from google.adk.artifacts import InMemoryArtifactService
from google.adk.events import Event, EventActions
from google.adk.sessions import InMemorySessionService
from google.adk.sessions.base_session_service import GetSessionConfig
from google.genai import types

from ingenious_storage import Storage
from ingenious_storage.adapters.google_adk import StorageArtifactService, StorageSessionService

Outcome = Callable[[Any, Any], Coroutine[Any, Any, Any]]
AT: dict[str, Any] = {"app_name": "app", "user_id": "ana"}
S: dict[str, Any] = {**AT, "session_id": "s"}


def event(number: int, **delta: Any) -> Event:
    return Event(
        id=f"e{number}",
        author="ana",
        timestamp=float(number),
        content=types.Content(role="user", parts=[types.Part(text=f"said {number}")]),
        actions=EventActions(state_delta=delta),
    )


def image(number: int, mime_type: str = "image/png") -> types.Part:
    return types.Part(inline_data=types.Blob(mime_type=mime_type, data=bytes([number]) * 100))


def seen(session: Any) -> Any:
    return session and (
        session.app_name,
        session.user_id,
        session.id,
        dict(sorted(session.state.items())),
        [each.model_dump(mode="json") for each in session.events],
    )


async def raised(call: Coroutine[Any, Any, Any]) -> str:
    try:
        return f"gave {await call!r}"
    except Exception as error:  # noqa: BLE001  # which one it is, is what is compared
        return type(error).__name__


async def a_session_is_created(sessions: Any, _: Any) -> Any:
    state = {"own": [1, {"x": None}], "app:a": 1, "user:u": 2, "temp:t": 3}
    created = await sessions.create_session(**S, state=state)
    return seen(created), seen(await sessions.get_session(**S))


async def an_id_is_made_and_spaces_are_cut(sessions: Any, _: Any) -> Any:
    made = await sessions.create_session(**AT)
    padded = await sessions.create_session(**AT, session_id="  p ")
    found = await sessions.get_session(**AT, session_id=" p ")
    return len(made.id), padded.id, found.id


async def a_session_is_there_once(sessions: Any, _: Any) -> Any:
    await sessions.create_session(**S)
    return await raised(sessions.create_session(**S, state={"app:late": 1})), seen(
        await sessions.get_session(**S)
    )


async def a_missing_session(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S)
    await sessions.delete_session(**S)
    await sessions.delete_session(**S)
    return (
        await sessions.get_session(**S),
        await raised(sessions.append_event(session, event(1))),
        (await sessions.list_sessions(**AT)).sessions,
    )


async def a_deleted_session_is_created_again(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S, state={"old": 1, "user:kept": 2})
    await sessions.append_event(session, event(1))
    await sessions.delete_session(**S)
    await sessions.create_session(**S)
    return seen(await sessions.get_session(**S))


async def events_change_the_states(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S, state={"own": 1})
    other = await sessions.create_session(**AT, session_id="other")
    stranger = await sessions.create_session(app_name="app", user_id="bob", session_id="s")
    given = event(1, **{"own": 2, "app:a": 1, "user:u": {"deep": [1]}, "temp:t": 4})
    kept = await sessions.append_event(session, given)
    await sessions.append_event(session, event(2, none=None))
    reads = [await sessions.get_session(**{**S, "session_id": id_}) for id_ in ("s", "other")]
    reads.append(await sessions.get_session(app_name="app", user_id="bob", session_id="s"))
    state = await sessions.get_user_state(**AT)
    return (
        seen(session),
        kept.actions.state_delta,
        [seen(each) for each in reads],
        state,
        await sessions.get_user_state(app_name="app", user_id="nobody"),
        session.last_update_time,
        reads[0].last_update_time,
        (other.id, stranger.user_id),
    )


async def what_is_partial_is_not_kept(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S)
    await sessions.append_event(session, Event(author="m", partial=True))
    return seen(session), seen(await sessions.get_session(**S))


async def an_event_is_delivered_twice(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S)
    for _ in range(2):
        await sessions.append_event(session, event(1, **{"user:n": 1}))
    return seen(session), seen(await sessions.get_session(**S))


async def reads_are_cut(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S)
    for number in range(1, 6):
        await sessions.append_event(session, event(number))
    configs = [(None, None), (2, None), (0, None), (9, None), (None, 3.0), (None, 9.0), (2, 5.0)]
    reads = [
        await sessions.get_session(
            **S, config=GetSessionConfig(num_recent_events=recent, after_timestamp=after)
        )
        for recent, after in configs
    ]
    return [[each.id for each in read.events] for read in reads]


async def clocks_differ(sessions: Any, _: Any) -> Any:
    """The order is that of appending, which google-adk's own databases do not keep."""
    session = await sessions.create_session(**S)
    for number, second in enumerate((5.0, 5.0, 4.5), start=1):
        late = event(number).model_copy(update={"timestamp": second})
        await sessions.append_event(session, late)
    configs = [None, GetSessionConfig(num_recent_events=1)]
    reads = [await sessions.get_session(**S, config=config) for config in configs]
    return [[each.id for each in read.events] for read in reads]


async def what_was_read_is_a_copy(sessions: Any, _: Any) -> Any:
    session = await sessions.create_session(**S, state={"list": [1], "user:list": [1]})
    await sessions.append_event(session, event(1))
    read = await sessions.get_session(**S)
    read.state["list"].append(2)
    read.state["user:list"].append(2)
    read.events[0].content.parts[0].text = "changed"
    return seen(await sessions.get_session(**S))


async def sessions_are_listed(sessions: Any, _: Any) -> Any:
    for user, id_, at in (("ana", "2", 5), ("ana", "1", 9), ("bob", "3", 7), ("a/b", "x", 1)):
        session = await sessions.create_session(app_name="app", user_id=user, session_id=id_)
        await sessions.append_event(session, event(at, **{"user:n": at, "app:n": at}))
    await sessions.create_session(app_name="ap", user_id="ana", session_id="4")
    every = await sessions.list_sessions(app_name="app")
    some = await sessions.list_sessions(**AT)
    none = await sessions.list_sessions(app_name="nobody")
    return [[seen(each) for each in found.sessions] for found in (every, some, none)]


async def files_have_versions(_: Any, artifacts: Any) -> Any:
    saved = [
        await artifacts.save_artifact(**S, filename="a.png", artifact=image(number))
        for number in range(3)
    ]
    reads = [
        await artifacts.load_artifact(**S, filename="a.png", version=version)
        for version in (None, 0, 1, 2, 3, -1)
    ]
    return saved, reads, await artifacts.list_versions(**S, filename="a.png")


async def files_of_all_kinds(_: Any, artifacts: Any) -> Any:
    parts = [
        image(1),
        types.Part(text="said"),
        types.Part(file_data=types.FileData(file_uri="gs://b/f", mime_type="text/csv")),
        {"inlineData": {"mimeType": "text/plain", "data": "aGk="}},
        image(0).model_copy(update={"thought_signature": b"\xff\xfe"}),
    ]
    for part in parts:
        await artifacts.save_artifact(**S, filename="f", artifact=part)
    found = [await artifacts.load_artifact(**S, filename="f", version=n) for n in range(5)]
    known = await artifacts.list_artifact_versions(**S, filename="f")
    return found, [(each.version, each.mime_type, each.custom_metadata) for each in known]


async def files_have_metadata(_: Any, artifacts: Any) -> Any:
    await artifacts.save_artifact(**S, filename="f", artifact=image(1), custom_metadata={"by": [1]})
    await artifacts.save_artifact(**S, filename="f", artifact=image(2))
    reads = [
        await artifacts.get_artifact_version(**S, filename="f", version=version)
        for version in (None, 0, 1, 2, -1)
    ]
    missing = await artifacts.get_artifact_version(**S, filename="no")
    return [each and (each.version, each.custom_metadata) for each in (*reads, missing)]


async def files_are_of_a_session_or_of_a_user(_: Any, artifacts: Any) -> Any:
    other = {**S, "session_id": "other"}
    await artifacts.save_artifact(**S, filename="user:all.txt", artifact=types.Part(text="all"))
    await artifacts.save_artifact(**S, filename="dir/b.txt", artifact=types.Part(text="b"))
    await artifacts.save_artifact(**other, filename="c.txt", artifact=types.Part(text="c"))
    names = [
        await artifacts.list_artifact_keys(**where)
        for where in (S, other, AT, {"app_name": "app", "user_id": "bob"})
    ]
    shared = await artifacts.load_artifact(**other, filename="user:all.txt")
    bare = await artifacts.load_artifact(**AT, filename="user:all.txt")
    return names, shared, bare, await artifacts.load_artifact(**other, filename="dir/b.txt")


async def a_deleted_file_begins_anew(_: Any, artifacts: Any) -> Any:
    await artifacts.delete_artifact(**S, filename="f")
    for number in range(3):
        await artifacts.save_artifact(**S, filename="f", artifact=image(number))
    await artifacts.delete_artifact(**S, filename="f")
    gone = (
        await artifacts.load_artifact(**S, filename="f"),
        await artifacts.load_artifact(**S, filename="f", version=1),
        await artifacts.list_versions(**S, filename="f"),
        await artifacts.list_artifact_versions(**S, filename="f"),
        await artifacts.list_artifact_keys(**S),
    )
    saved = await artifacts.save_artifact(**S, filename="f", artifact=image(9))
    await artifacts.save_artifact(**S, filename="f", artifact=image(8))
    versions = await artifacts.list_versions(**S, filename="f")
    return gone, saved, versions, await artifacts.load_artifact(**S, filename="f", version=0)


def reference(uri: str) -> types.Part:
    return types.Part(file_data=types.FileData(file_uri=uri))


async def references_are_followed(_: Any, artifacts: Any) -> Any:
    here = "artifact://apps/app/users/ana/sessions/s/artifacts"
    await artifacts.save_artifact(**S, filename="f", artifact=image(1))
    good = [f"{here}/f/versions/0", f"{here}/missing/versions/0", f"{here}/loop/versions/0"]
    for name, uri in zip(("good", "dangling", "loop"), good, strict=True):
        await artifacts.save_artifact(**S, filename=name, artifact=reference(uri))
    bad = ["artifact://nothing", here.replace("ana", "bob") + "/f/versions/0"]
    bad.append(here.replace("sessions/s", "sessions/other") + "/f/versions/0")
    return (
        await artifacts.load_artifact(**S, filename="good"),
        await artifacts.load_artifact(**S, filename="dangling"),
        await raised(artifacts.load_artifact(**S, filename="loop")),
        [
            await raised(artifacts.save_artifact(**S, filename="bad", artifact=reference(uri)))
            for uri in bad
        ],
    )


async def what_a_rewind_removed_is_missing(_: Any, artifacts: Any) -> Any:
    mark = types.Part(inline_data=types.Blob(mime_type="application/octet-stream", data=b""))
    await artifacts.save_artifact(**S, filename="f", artifact=image(1))
    await artifacts.save_artifact(**S, filename="f", artifact=mark)
    return await artifacts.load_artifact(**S, filename="f"), await artifacts.list_versions(
        **S, filename="f"
    )


async def bad_names_are_refused(_: Any, artifacts: Any) -> Any:
    found = []
    for change in ({"user_id": ""}, {"app_name": "../x"}, {"session_id": "a/../b"}, {}):
        at = {**AT, **change} if not change else {**S, **change}
        found.append(await raised(artifacts.load_artifact(**at, filename="f")))
        found.append(
            await raised(artifacts.save_artifact(**at, filename="f", artifact=types.Part()))
        )
    return found, await raised(artifacts.save_artifact(**S, filename="f", artifact=types.Part()))


OUTCOMES: list[Outcome] = [
    a_session_is_created,
    an_id_is_made_and_spaces_are_cut,
    a_session_is_there_once,
    a_missing_session,
    a_deleted_session_is_created_again,
    events_change_the_states,
    what_is_partial_is_not_kept,
    an_event_is_delivered_twice,
    reads_are_cut,
    clocks_differ,
    what_was_read_is_a_copy,
    sessions_are_listed,
    files_have_versions,
    files_of_all_kinds,
    files_have_metadata,
    files_are_of_a_session_or_of_a_user,
    a_deleted_file_begins_anew,
    references_are_followed,
    what_a_rewind_removed_is_missing,
    bad_names_are_refused,
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: each.__name__)
def test_the_outcome_is_the_same(outcome: Outcome, somewhere: Callable[[], Storage]) -> None:
    theirs = asyncio.run(outcome(InMemorySessionService(), InMemoryArtifactService()))
    with somewhere() as storage:
        ours = asyncio.run(outcome(StorageSessionService(storage), StorageArtifactService(storage)))
        assert ours == theirs
        assert [report.problems for report in storage.verify().values()] == [(), ()]
