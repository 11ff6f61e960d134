"""`StorageSessionService`: the sessions of the framework, each a document with its history."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

from google.adk.errors.already_exists_error import AlreadyExistsError as AlreadyThereError
from google.adk.events import Event
from google.adk.sessions import BaseSessionService, Session
from google.adk.sessions.base_session_service import GetSessionConfig, ListSessionsResponse

from ingenious_storage.adapters.google_adk import scopes
from ingenious_storage.adapters.google_adk.packing import FRAMEWORK, packed
from ingenious_storage.adapters.google_adk.records import LEAF, Append, Ref, chosen
from ingenious_storage.adapters.google_adk.scopes import Scoped
from ingenious_storage.adapters.place import Place
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.documents import Document, PurgeReceipt
from ingenious_storage.errors import AlreadyExistsError
from ingenious_storage.services.agents import name_of, named
from ingenious_storage.storage import Storage


class StorageSessionService(BaseSessionService):
    """Sessions, and the state of apps and users, on a storage: for `Runner(session_service=...)`.

    Its calls run in worker threads, for any number of event loops. A call that is cancelled says
    whether its change was made, in a note of the CancelledError.

    Args:
        storage: where they lie; None for the one that the configuration names.
        clock: gives the time of a creation, in seconds since 1970.
    """

    def __init__(
        self, storage: Storage | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._place, self._clock = Place(FRAMEWORK, storage), clock
        self._under_way: dict[int, list[str]] = {}
        """Ids of the events that are being appended, by the session object they are given with."""

    async def create_session(
        self,
        *,
        app_name: str,
        user_id: str,
        state: dict[str, Any] | None = None,
        session_id: str | None = None,
    ) -> Session:
        """A new session. Raises: the framework's AlreadyExistsError; InvalidDataError."""
        name = (session_id or "").strip() or str(uuid4())
        ref, scoped = Ref(app_name, user_id, name), Scoped.of(state or {})
        return await to_its_end(partial(self._create, ref, scoped))

    async def get_session(
        self,
        *,
        app_name: str,
        user_id: str,
        session_id: str,
        config: GetSessionConfig | None = None,
    ) -> Session | None:
        """A session with the events that `config` asks for; None where there is none."""
        ref = Ref(app_name, user_id, (session_id or "").strip())
        return await in_thread(partial(self._get, ref, config))

    async def list_sessions(
        self, *, app_name: str, user_id: str | None = None
    ) -> ListSessionsResponse:
        """Sessions without their events, the last updated last. Each is read."""
        return ListSessionsResponse(
            sessions=await in_thread(partial(self._list, app_name, user_id))
        )

    async def delete_session(self, *, app_name: str, user_id: str, session_id: str) -> None:
        """Delete a session, which may be missing. Its history stays: `erase_session` takes it."""
        parts = Ref(app_name, user_id, (session_id or "").strip()).parts
        await to_its_end(partial(self._place.delete, *parts, leaf=LEAF))

    async def erase_session(
        self, *, app_name: str, user_id: str, session_id: str
    ) -> list[PurgeReceipt]:
        """Erase a session with its history, deleted or not."""
        parts = Ref(app_name, user_id, (session_id or "").strip()).parts
        return await to_its_end(partial(self._place.erase, *parts, leaf=LEAF))

    async def erase_user(self, *, app_name: str, user_id: str) -> list[PurgeReceipt]:
        """Erase a user's sessions and state in an app, with their histories, deleted or not.

        Raises: the first error, after all were tried. Files are `StorageArtifactService`'s.
        """
        roots = (Ref.root(app_name, user_id), scopes.user_parts(app_name, user_id))
        return await to_its_end(partial(self._place.erase_all, *roots))

    async def get_user_state(self, *, app_name: str, user_id: str) -> dict[str, Any]:
        """The state of a user, names without `user:`; empty where there is none."""
        parts = scopes.user_parts(app_name, user_id)
        return await in_thread(partial(scopes.read, self._place, parts))

    async def append_event(self, session: Session, event: Event) -> Event:
        """Append an event to a session, which is as it was last read or appended to.

        An event that is there already is not appended again: after an error whose outcome is
        unknown, or that came from the state of the user or the app, append the same again.

        Raises: the framework's SessionNotFoundError, and StaleSessionError when somebody else has
        appended since; InvalidDataError for a state that is no data; ObjectTooLargeError.
        """
        if event.partial:
            return event
        self._apply_temp_state(session, event)
        event = self._trim_temp_delta_state(event)
        with self._appending(session, event) as known:
            append = Append(session, packed(event), Scoped.of(event.actions.state_delta), known)
            try:
                await to_its_end(partial(self._append, append))
            finally:
                if append.made:  # also where the call was cancelled meanwhile
                    self._take(session, event, append.marker)
        return event

    def _take(self, session: Session, event: Event, marker: str | None) -> None:
        """The session object is as the stored one again."""
        session.last_update_time = event.timestamp
        session._storage_update_marker = marker  # noqa: SLF001  # made for services
        if all(each.id != event.id for each in session.events):
            self._commit_event_to_session(session, event)

    @contextmanager
    def _appending(self, session: Session, event: Event) -> Iterator[list[str]]:
        """Appends of one session object at the same time are none of somebody else."""
        ids = self._under_way.setdefault(id(session), [])
        ids.append(event.id)
        try:
            yield ids
        finally:
            ids.remove(event.id)
            if not ids:
                self._under_way.pop(id(session), None)

    def _create(self, ref: Ref, scoped: Scoped) -> Session:
        agents, now = self._place.documents, self._clock()
        key = agents.key(*ref.parts, leaf=LEAF)
        data = {
            "state": scoped.session,
            "events": [],
            "last_update_time": now,
            "marker": str(uuid4()),
        }
        try:
            agents.store.create(key, data, name=named(ref.parts, LEAF))
        except AlreadyExistsError:
            raise AlreadyThereError(f"Session with id {ref.session_id} already exists.") from None
        scopes.write(self._place, ref.app_name, ref.user_id, scoped)
        app, user = self._place.load_all(self._scopes(ref))
        return ref.session(data, [], scopes.merged(scoped.session, app, user))

    def _get(self, ref: Ref, config: GetSessionConfig | None) -> Session | None:
        key = self._place.documents.key(*ref.parts, leaf=LEAF)
        session, app, user = self._place.load_all([key, *self._scopes(ref)])
        if session is None:
            return None
        data = session.data
        events = chosen(data["events"], config)
        return ref.session(data, events, scopes.merged(data["state"], app, user))

    def _scopes(self, ref: Ref) -> list[str]:
        parts = (scopes.app_parts(ref.app_name), scopes.user_parts(ref.app_name, ref.user_id))
        return [self._place.documents.key(*each, leaf=scopes.LEAF) for each in parts]

    def _list(self, app_name: str, user_id: str | None) -> list[Session]:
        agents = self._place.documents
        below = agents.below(*Ref.root(app_name, user_id))
        keys = [blob.key for blob in agents.store.list_blobs(below)]
        found: list[tuple[Ref, Document]] = []
        for key, document in zip(keys, self._place.load_all(keys), strict=True):
            if document is not None:
                found.append((Ref.of(name_of(document.name, key=key)), document))
        states = self._states(app_name, {ref.user_id for ref, _ in found})
        sessions = [
            ref.session(each.data, [], scopes.merged(each.data["state"], *states[ref.user_id]))
            for ref, each in found
        ]
        return sorted(sessions, key=lambda each: (each.last_update_time, each.user_id, each.id))

    def _states(
        self, app_name: str, users: set[str]
    ) -> dict[str, tuple[Document | None, Document | None]]:
        """The states of the app and of each user."""
        names = [scopes.user_parts(app_name, user) for user in users]
        parts = [scopes.app_parts(app_name), *names] if names else []
        keys = [self._place.documents.key(*each, leaf=scopes.LEAF) for each in parts]
        app, *states = self._place.load_all(keys) or [None]
        return {user: (app, state) for user, state in zip(users, states, strict=True)}

    def _append(self, append: Append) -> None:
        ref = append.ref
        self._place.documents.change(*ref.parts, leaf=LEAF, fn=append)
        append.made = True
        scopes.write(self._place, ref.app_name, ref.user_id, append.scoped)
