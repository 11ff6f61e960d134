"""HistoryProvider: the messages of each session, in a document with history."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from agent_framework import HistoryProvider, Message

from ingenious_storage import msgpackdata
from ingenious_storage.adapters.agent_framework.ids import FRAMEWORK, checked_id
from ingenious_storage.adapters.agent_framework.replays import Given, Record, run_of
from ingenious_storage.adapters.place import Place
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.errors import CorruptObjectError
from ingenious_storage.jsondata import Json
from ingenious_storage.storage import Storage

if TYPE_CHECKING:
    from agent_framework import AgentSession, SessionContext, SupportsAgentRun

_LEAF: Final = "history"
_EXCLUDED: Final = "_excluded"
"""The property with which the framework's compaction marks a message."""


class StorageHistoryProvider(HistoryProvider):
    """Conversation history on a `Storage`: one document for each session and `source_id`.

    A save is a revision; saves of one session at the same time become one. Making one does no I/O;
    a provider belongs to no event loop and may serve several, and any number of agents. A save that
    is cancelled ends first, in two seconds at most, and a note of its CancelledError says whether
    it was made: wholly or not at all.

    Which messages are stored already is decided by `replays`: see docs/frameworks.

    Args:
        storage: None for the one that the configuration names, opened by the first call.
        source_id: sets apart the providers of one agent; histories of other ids are not seen.
        skip_excluded: leave out of `get_messages` what a compaction has marked as excluded.

    The other arguments are those of the framework's `HistoryProvider`.
    """

    DEFAULT_SOURCE_ID: ClassVar[str] = "ingenious_storage"

    def __init__(
        self,
        storage: Storage | None = None,
        *,
        source_id: str = DEFAULT_SOURCE_ID,
        load_messages: bool = True,
        store_inputs: bool = True,
        store_context_messages: bool = False,
        store_context_from: set[str] | None = None,
        store_outputs: bool = True,
        skip_excluded: bool = False,
    ) -> None:
        super().__init__(
            source_id,
            load_messages=load_messages,
            store_inputs=store_inputs,
            store_context_messages=store_context_messages,
            store_context_from=store_context_from,
            store_outputs=store_outputs,
        )
        self.skip_excluded = skip_excluded
        self._place = Place(FRAMEWORK, storage)

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        """The messages of a session, oldest first; none when nothing is stored.

        Raises: InvalidKeyError, a ValueError, without a session_id; the errors of the store.
        """
        records = await in_thread(partial(self._load, checked_id(session_id)))
        messages = [Message.from_dict(dict(record)) for record in records]
        if not self.skip_excluded:
            return messages
        return [each for each in messages if not each.additional_properties.get(_EXCLUDED, False)]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append those of the messages that are not stored yet; all of them, or none.

        Raises: InvalidKeyError, a ValueError, without a session_id; InvalidDataError for what
        MessagePack cannot hold; ObjectTooLargeError; the errors of the store.
        """
        checked = checked_id(session_id)
        if messages:
            # Packed now: the caller may change a message while the thread is at work. And unpacked:
            # as they will come back, so that they compare.
            packed = msgpackdata.dumps([each.to_dict() for each in messages])
            given = Given.of(messages, msgpackdata.loads(packed))
            await to_its_end(partial(self._save, checked, given))

    async def after_run(
        self,
        *,
        agent: SupportsAgentRun,
        session: AgentSession,
        context: SessionContext,
        state: dict[str, Any],
    ) -> None:
        """Store what the framework's base class chooses; only the inputs may be a replay."""
        with run_of(context.input_messages):
            await super().after_run(agent=agent, session=session, context=context, state=state)

    async def clear(self, session_id: str, *, erase: bool = False) -> None:
        """Delete the messages of a session; of one that has none too.

        Args:
            erase: with the document's history, for good; else `DocumentStore.restore` undoes it.

        Raises: InvalidKeyError, a ValueError, without a session_id; the errors of the store.
        """
        parts = checked_id(session_id), self.source_id
        remove = self._place.erase if erase else self._place.delete
        await to_its_end(partial(remove, *parts, leaf=_LEAF))

    def _load(self, session_id: str) -> Sequence[Record]:
        key = self._place.documents.key(session_id, self.source_id, leaf=_LEAF)
        document = self._place.load(key)
        return () if document is None else _records(document.data, key=key)

    def _save(self, session_id: str, given: Given) -> None:
        at = self._place.documents
        key = at.key(session_id, self.source_id, leaf=_LEAF)

        def append(data: Json) -> Json:
            stored = _records(data, key=key) if data is not None else []
            return {"messages": [*stored, *given.new(stored)]}

        at.change(session_id, self.source_id, leaf=_LEAF, fn=append)


def _records(data: Json, *, key: str) -> Sequence[Record]:
    """Raises: CorruptObjectError, when somebody else has written the document."""
    records = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise CorruptObjectError("it holds no messages of a history", key=key)
    return records
