"""`StorageSession`: what an agent of the OpenAI Agents SDK remembers, in a versioned document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from agents.memory.session_settings import (
    SessionSettings,
    coerce_session_settings,
    resolve_session_limit,
)

from ingenious_storage.adapters.openai_agents.compaction import Suffix, newest
from ingenious_storage.adapters.openai_agents.items import (
    EMPTY,
    NothingToDoError,
    decoded,
    encoded,
    items_in,
)
from ingenious_storage.adapters.place import Place
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.arguments import of_kind
from ingenious_storage.documents import PurgeReceipt, Revision, note
from ingenious_storage.documents.groups import Change
from ingenious_storage.errors import ConflictError, NotFoundError
from ingenious_storage.jsondata import Json
from ingenious_storage.services.agents import AgentDocuments
from ingenious_storage.storage import Storage

if TYPE_CHECKING:
    from agents import TResponseInputItem
    from agents.memory.session import _CompactionSnapshot

FRAMEWORK: Final = "openai-agents"
LEAF: Final = "session"


class StorageSession:
    """A session of the Agents SDK (the protocol `agents.memory.Session`), one document each.

    Any number of objects, in any processes and event loops, may be of one session; what they add at
    the same time is all there. Making one does no I/O. Each method raises the errors of the store,
    and RuntimeError when the session is closed.

    A method that writes and is cancelled ends first, in two seconds at most, and a note of its
    CancelledError says whether the change was made.

    Args:
        session_id: any text, such as a user's id; an empty one is fine.
        storage: where it is kept; None: what the configuration names, shared by the process.
        session_settings: of the SDK; its `limit` holds for each `get_items` without one.
    """

    session_settings: SessionSettings | None = None

    def __init__(
        self,
        session_id: str,
        storage: Storage | None = None,
        *,
        session_settings: SessionSettings | dict[str, Any] | None = None,
    ) -> None:
        self.session_id = of_kind(session_id, str, "give the session's id as text")
        self._place, self._closed = Place(FRAMEWORK, storage), False
        self.session_settings = coerce_session_settings(session_settings or SessionSettings())

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """The items, oldest first: the newest `limit` of them. One request.

        Args:
            limit: 0: none; below 0: all; None: as the session's settings say, else all.
        """
        self._check_open()
        wanted = resolve_session_limit(limit, self.session_settings)
        if wanted == 0:
            return []
        return newest(await in_thread(self._read), wanted)

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Append: all of them or none. One request, which concurrent calls of a process share.

        Raises: InvalidDataError (before any I/O) for what cannot be stored as it is;
        ObjectTooLargeError when the session would be larger than `storage.max_document_bytes`.
        """
        self._check_open()
        new = encoded(items)
        if not items:
            return

        def append(data: Json) -> Json:
            return {"items": [*items_in(data), *decoded(new)]}

        await self._change(append)

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the newest item and return it; None when there is none.

        However many callers pop at the same time, in whichever processes, each gets its own.
        """
        self._check_open()
        popped: list[TResponseInputItem] = []

        def pop(data: Json) -> Json:
            items = items_in(data)
            if not items:
                raise NothingToDoError
            popped[:] = [items.pop()]  # it may be called again, on newer data
            return {"items": items}

        return popped[0] if await self._change(pop) else None

    async def clear_session(self, *, erase: bool = False) -> None:
        """Remove all items. The history keeps them, so that `rollback` can bring them back.

        Args:
            erase: erase the history as well, as `erase_session` does.
        """
        if erase:
            await self.erase_session()
            return
        self._check_open()

        def clear(data: Json) -> Json:
            if not items_in(data):
                raise NothingToDoError
            return EMPTY

        # A revision of its own: what was added just before stays in the history.
        await self._change(clear, begins=True, note=note(message="clear_session"))

    async def erase_session(self) -> PurgeReceipt | None:
        """Erase the session with its whole history; None when there was none.

        The receipt says until when the account's own versions could bring it back.
        """
        self._check_open()

        receipts = await to_its_end(partial(self._place.erase, self.session_id, leaf=LEAF))
        return receipts[0] if receipts else None

    async def history(self, *, limit: int | None = 20) -> list[Revision]:
        """The session's revisions, newest first; none of a session that was never written to."""
        self._check_open()

        def read() -> list[Revision]:
            kept = self._place.documents
            try:
                return kept.store.history(self._key(kept), limit=limit)
            except NotFoundError:
                return []

        return await in_thread(read)

    async def rollback(self, revision: int) -> Revision:
        """Make the items of an earlier revision the newest ones, as after a compaction that lost
        too much.

        Raises: NotFoundError, RevisionNotFoundError, RevisionPrunedError.
        """
        self._check_open()

        def back() -> Revision:
            kept = self._place.documents
            return kept.store.rollback(self._key(kept), revision)

        return await to_its_end(back)

    async def close(self) -> None:
        """Refuse further calls. The storage stays open: it belongs to who made it."""
        self._closed = True

    async def _get_compaction_snapshot(
        self,
        limit: int,
        *,
        prune_prefix: Callable[[TResponseInputItem], bool] | None = None,
    ) -> _CompactionSnapshot | None:
        """For `OpenAIResponsesCompactionSession` and `EncryptedSession`: what a compaction reads,
        and how it replaces that in one conditional write."""
        if type(self) is not StorageSession:  # a subclass may see other items than are stored
            return None
        from agents.memory.session import _CompactionSnapshot  # noqa: PLC0415  # a private name

        self._check_open()
        items = await in_thread(self._read)
        seen = newest(items, limit)
        # What the caller does with its items must not change what is compared.
        tails = [encoded([item]) for item in seen]

        async def replace_suffix(start: int, output: list[TResponseInputItem]) -> bool:
            if not tails[start:]:
                return False
            suffix = Suffix(tails[start:], encoded(output), prune_prefix)
            compaction = note(message="compaction")
            return await self._change(suffix.replaced, begins=True, note=compaction)

        return _CompactionSnapshot(seen, len(items) <= limit, replace_suffix)

    def _read(self) -> list[TResponseInputItem]:
        document = self._place.load(self._key(self._place.documents))
        return [] if document is None else items_in(document.data)

    async def _change(self, fn: Change, **how: Any) -> bool:
        """Whether `fn` had something to do."""
        self._check_open()

        def change() -> bool:
            kept = self._place.documents
            try:
                try:
                    kept.change(self.session_id, leaf=LEAF, fn=fn, **how)
                except ConflictError:
                    # It was erased since this process saw it: now `fn` begins a new one.
                    kept.change(self.session_id, leaf=LEAF, fn=fn, **how)
            except NothingToDoError:
                return False
            return True

        return await to_its_end(change)

    def _key(self, kept: AgentDocuments) -> str:
        return kept.key(self.session_id, leaf=LEAF)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(f"{type(self).__name__} is closed")
