"""Wholes: which documents of a framework stay or go together when their TTL has passed.

A thread of LangGraph has a document each for the state and the writes of every namespace, a session
of Agent Framework its histories and its snapshot: all whose names begin with the same part. An item
of LangGraph's store is one by itself, and a session of ADK has its files elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.agents import ROOT, encoder

ADK: Final = "google-adk"
ITEMS: Final = "langgraph-store"


@dataclass(frozen=True, slots=True)
class Whole:
    """What stays or goes together."""

    name: str
    """Whose TTL counts: "memory", or a framework."""
    prefix: str
    """What the keys of its documents begin with; of a single one the key."""
    elsewhere: str | None = None
    """What the keys of those begin with that belong to it, and lie elsewhere."""
    follows: bool = False
    """Where one of those is there, it goes with them, and not by itself."""
    lasts: bool = False
    """It has no end: what all sessions of a user or of an app share."""


class Wholes:
    """Of the frameworks' documents in one container."""

    def __init__(self, files: FileStorage) -> None:
        encode = encoder(files)
        self._session, self._artifact = encode("session"), encode("artifact")

    def of(self, key: str) -> Whole:
        """By the key of a document that `agents.owns`."""
        framework, *parts = key.removeprefix(ROOT).split("/")[:-1]
        if framework == ITEMS:
            return Whole(framework, key)
        if framework == ADK:
            return self._of_adk(key, parts)
        return Whole(framework, f"{ROOT}{framework}/{parts[0]}/")

    def _of_adk(self, key: str, parts: Sequence[str]) -> Whole:
        """Names are session/APP/USER/SESSION, artifact/APP/USER/session/SESSION/FILE, and
        others."""
        match parts:
            case [root, app, user, session] if root == self._session:
                pass
            case [root, app, user, scope, session, _] if (root, scope) == (
                self._artifact,
                self._session,
            ):
                pass
            case _:
                return Whole(ADK, key, lasts=True)
        own = f"{ROOT}{ADK}/{self._session}/{app}/{user}/{session}/"
        files = f"{ROOT}{ADK}/{self._artifact}/{app}/{user}/{self._session}/{session}/"
        if parts[0] == self._session:
            return Whole(ADK, own, elsewhere=files)
        return Whole(ADK, files, elsewhere=own, follows=True)
