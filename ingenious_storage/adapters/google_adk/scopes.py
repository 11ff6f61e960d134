"""Scopes: the state that all sessions of an app or of a user share, one document each.

A name that begins with `app:` or `user:` belongs to such a scope, and stands there without it; one
that begins with `temp:` is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from google.adk.sessions import State

from ingenious_storage.adapters.google_adk.packing import plain
from ingenious_storage.adapters.place import Place
from ingenious_storage.documents import Document
from ingenious_storage.jsondata import Json

LEAF: Final = "state"


@dataclass(frozen=True, slots=True)
class Scoped:
    """What of a state belongs where."""

    app: dict[str, Any]
    user: dict[str, Any]
    session: dict[str, Any]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Scoped:
        """Raises: InvalidDataError for what is no data; what is `temp:` need not be."""
        scoped = cls({}, {}, {})
        for name, value in state.items():
            if name.startswith(State.APP_PREFIX):
                scoped.app[name.removeprefix(State.APP_PREFIX)] = plain(value)
            elif name.startswith(State.USER_PREFIX):
                scoped.user[name.removeprefix(State.USER_PREFIX)] = plain(value)
            elif not name.startswith(State.TEMP_PREFIX):
                scoped.session[name] = plain(value)
        return scoped


def app_parts(app_name: str) -> tuple[str, ...]:
    """The name of the document of an app's state."""
    return ("app", app_name)


def user_parts(app_name: str, user_id: str) -> tuple[str, ...]:
    """The name of the document of a user's state in an app."""
    return ("user", app_name, user_id)


def write(place: Place, app_name: str, user_id: str, scoped: Scoped) -> None:
    """Put what a session says into the scopes above it; the last one to say it counts."""
    for parts, state in (
        (app_parts(app_name), scoped.app),
        (user_parts(app_name, user_id), scoped.user),
    ):
        if state:
            place.documents.change(*parts, leaf=LEAF, fn=partial(_with, state))


def _with(state: dict[str, Any], old: Json) -> Json:
    return {"state": {**(old or {"state": {}})["state"], **state}}


def merged(session: dict[str, Any], app: Document | None, user: Document | None) -> dict[str, Any]:
    """The state of a session as the framework sees it."""
    return {
        **session,
        **{State.APP_PREFIX + name: value for name, value in state_of(app).items()},
        **{State.USER_PREFIX + name: value for name, value in state_of(user).items()},
    }


def read(place: Place, parts: tuple[str, ...]) -> dict[str, Any]:
    """The state of a scope by the name of its document; empty where there is none."""
    return state_of(place.load(place.documents.key(*parts, leaf=LEAF)))


def state_of(document: Document | None) -> dict[str, Any]:
    """The state in a scope's document; empty where there is none."""
    return {} if document is None else dict(document.data["state"])
