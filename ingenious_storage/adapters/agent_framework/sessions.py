"""SessionStore: a snapshot of each session, in a document with history.

The framework marks its `SessionStore` as experimental; importing this says so once, by its
ExperimentalWarning.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from agent_framework import AgentSession, SessionStore

from ingenious_storage import msgpackdata
from ingenious_storage.adapters.agent_framework.ids import FRAMEWORK, checked_id
from ingenious_storage.adapters.place import Place
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.errors import CorruptObjectError
from ingenious_storage.jsondata import Json
from ingenious_storage.storage import Storage

_LEAF: Final = "session"


class StorageSessionStore(SessionStore):
    """Snapshots of sessions on a `Storage`: one document for each id, and a revision a change.

    The last writer wins; a snapshot that is the same writes nothing. Values of an own type in the
    state need the framework's `register_state_type`, as in its file store. Making one does no I/O;
    a store belongs to no event loop. A `set` that is cancelled ends first, in two seconds at most,
    and a note of its CancelledError says whether it was made: wholly or not at all.

    Args:
        storage: None for the one that the configuration names, opened by the first call.
    """

    def __init__(self, storage: Storage | None = None) -> None:
        super().__init__()
        self._place = Place(FRAMEWORK, storage)

    @staticmethod
    def validate_session_id(session_id: str) -> None:
        """Raises: InvalidKeyError, a ValueError, for no text, or an empty one."""
        checked_id(session_id)

    async def get(self, session_id: str) -> AgentSession | None:
        """A session of the caller's own, or None when none is stored.

        Raises: InvalidKeyError; ValueError when a registered type cannot read its value; the errors
        of the store.
        """
        record = await in_thread(partial(self._load, checked_id(session_id)))
        return None if record is None else AgentSession.from_dict(record)

    async def set(self, session_id: str, session: AgentSession) -> None:
        """Make this the stored session; changes of the caller's afterwards are not in it.

        Raises: TypeError for a subclass, which could not be made again; InvalidKeyError;
        InvalidDataError for a value of a type that is not registered; ObjectTooLargeError; the
        errors of the store.
        """
        checked = checked_id(session_id)
        if type(session) is not AgentSession:
            raise TypeError(
                f"an AgentSession can be made again, a {type(session).__name__} cannot: "
                "keep what it adds in its state"
            )
        record = session.to_dict()
        if isinstance(session.service_session_id, Mapping):
            record["service_session_id"] = dict(session.service_session_id)
        # Packed now: the caller may change the session while the thread is at work.
        await to_its_end(partial(self._save, checked, msgpackdata.dumps(record)))

    async def delete(self, session_id: str, *, erase: bool = False) -> None:
        """Delete a session, which may be missing.

        Args:
            erase: with the document's history, for good; else `DocumentStore.restore` undoes it.

        Raises: InvalidKeyError; the errors of the store.
        """
        parts = checked_id(session_id), ""
        remove = self._place.erase if erase else self._place.delete
        await to_its_end(partial(remove, *parts, leaf=_LEAF))

    def _load(self, session_id: str) -> dict[str, Any] | None:
        key = self._place.documents.key(session_id, "", leaf=_LEAF)
        document = self._place.load(key)
        if document is None:
            return None
        data = document.data
        if not (isinstance(data, dict) and isinstance(data.get("session_id"), str)):
            raise CorruptObjectError("it holds no session", key=key)
        return data

    def _save(self, session_id: str, packed: bytes) -> None:
        def replaced(_: Json) -> Json:
            return msgpackdata.loads(packed)

        self._place.documents.change(session_id, "", leaf=_LEAF, fn=replaced)
