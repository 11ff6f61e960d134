"""Both: a store of ours and the framework's own in memory, which are asked the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import (
    ConversationEntry,
    ConversationRecord,
    ConversationStore,
    InMemoryConversationStore,
)
from pydantic_ai.exceptions import UserError

Ask = Callable[[int, ConversationStore], Awaitable[Any]]
"""A call of store number 0, which is ours, or 1."""


@dataclass
class Both:
    """Attributes:
    held: conversations that a caller has loaded, of each store one.
    """

    ours: ConversationStore
    theirs: ConversationStore = field(default_factory=InMemoryConversationStore)
    held: list[tuple[Conversation, Conversation]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._runner = asyncio.Runner()

    def ask(self, call: Ask) -> list[Any]:
        """What both answered, of which the visible part is the same."""
        stores = (self.ours, self.theirs)
        found = [self._runner.run(_outcome(call(n, store))) for n, store in enumerate(stores)]
        ours, theirs = map(visible, found)
        assert ours == theirs
        return found

    def hold(self, found: Sequence[Any]) -> None:
        """Keep what was loaded, to go on with it."""
        if isinstance(found[0], Conversation):
            self.held.append((found[0], found[1]))

    def close(self) -> None:
        self._runner.close()


async def _outcome(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except UserError as error:
        return error


def visible(found: Any) -> Any:
    """What may be compared: entries and revisions have ids that are drawn."""
    match found:
        case UserError():
            return type(found)
        case Conversation():
            return found.conversation_id, deepcopy(found.messages), deepcopy(found.usage)
        case ConversationEntry():
            return found.message, found.kind, found.parent_id is None
        case ConversationRecord():
            return (
                *(found.conversation_id, found.scope, found.forked_from, len(found.branches)),
                *(found.head_id is None, found.forked_at is None, found.usage),
            )
        case list():
            return [visible(each) for each in found]
    return found
