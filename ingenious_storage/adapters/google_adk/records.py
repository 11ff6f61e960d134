"""Records: a session as the data of its document, and an event on top of it.

state              the session's own
events             as `packing` packs them, the oldest first
last_update_time   seconds since 1970: of the last event, or of the creation
marker             a text of its own for each state of the events, to tell who is behind
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.adk.errors import StaleSessionError
from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event
from google.adk.sessions import Session
from google.adk.sessions.base_session_service import GetSessionConfig

from ingenious_storage.adapters.google_adk.scopes import Scoped
from ingenious_storage.jsondata import Json
from ingenious_storage.services.agents import AgentName

LEAF: Final = "session"
_ROOT: Final = "session"


@dataclass(frozen=True, slots=True)
class Ref:
    """Which session."""

    app_name: str
    user_id: str
    session_id: str

    @classmethod
    def of(cls, name: AgentName) -> Ref:
        """By the name of its document."""
        _, app_name, user_id, session_id = name.parts
        return cls(app_name, user_id, session_id)

    @staticmethod
    def root(app_name: str, user_id: str | None) -> tuple[str, ...]:
        """What the names of the documents of an app's sessions begin with, or of one user's."""
        return (_ROOT, app_name) if user_id is None else (_ROOT, app_name, user_id)

    @property
    def parts(self) -> tuple[str, ...]:
        """The name of the document."""
        return (*self.root(self.app_name, self.user_id), self.session_id)

    def session(self, data: Json, events: Sequence[Json], state: dict[str, Any]) -> Session:
        """As the framework has it; nobody else has what it holds."""
        made = Session(
            app_name=self.app_name,
            user_id=self.user_id,
            id=self.session_id,
            state=state,
            events=[Event.model_validate(each) for each in events],
            last_update_time=data["last_update_time"],
        )
        made._storage_update_marker = data["marker"]  # noqa: SLF001  # made for services
        return made


class Append:
    """An event that goes on top of the data of a session.

    Args:
        session: as its owner sees it.
        event: packed.
        scoped: the state that comes with it.
        known: ids of the events that are under way for the same object.

    Attributes:
        made: whether it was written.
        marker: of the session with it.
    """

    def __init__(self, session: Session, event: Json, scoped: Scoped, known: list[str]) -> None:
        self.ref = Ref(session.app_name, session.user_id, session.id)
        self.scoped, self._event, self._under_way = scoped, event, known
        self._session, self.made = session, False
        self._marker = session._storage_update_marker  # noqa: SLF001  # made for services
        self.marker = self._marker

    def __call__(self, data: Json) -> Json:
        """The data with the event; may be called several times.

        Raises: the framework's SessionNotFoundError and StaleSessionError.
        """
        if data is None:
            raise SessionNotFoundError(f"Session {self.ref.session_id} not found.")
        events = data["events"]
        if self._event in events:  # it was appended before, and its answer was lost
            self.marker = data["marker"] if events[-1] == self._event else self._marker
            return data
        if self._is_behind(data):
            raise StaleSessionError(
                "Somebody else has appended to this session since it was read: read it again."
            )
        self.marker = f"{len(events) + 1}-{self._event['id']}"
        return {
            **data,
            "marker": self.marker,
            "last_update_time": self._event["timestamp"],
            "state": {**data["state"], **self.scoped.session},
            "events": [*events, self._event],
        }

    def _is_behind(self, data: Json) -> bool:
        if data["marker"] == self._marker or not data["events"]:
            return False
        newest = data["events"][-1]["id"]
        seen = (each.id for each in list(self._session.events))
        return newest not in self._under_way and newest not in seen


def chosen(events: list[Json], config: GetSessionConfig | None) -> list[Json]:
    """Those that a read asks for."""
    if config is None:
        return events
    if config.num_recent_events is not None:
        events = events[-config.num_recent_events :] if config.num_recent_events else []
    if config.after_timestamp is not None:
        older = [n for n, each in enumerate(events) if each["timestamp"] < config.after_timestamp]
        events = events[older[-1] + 1 :] if older else events
    return events
