"""Access to the storage of this process, for coroutines on any thread and event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ingenious_storage.adapters.ingenious.contexts import Contexts
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.services.prompts import PromptLibrary
from ingenious_storage.storage import Storage, default_storage

R = TypeVar("R")


class Access:
    """Calls that run in a worker thread, on the storage that the configuration names.

    The first call opens it. Raises, in each method, ConfigurationError and what the call raises.
    With `changes` a cancelled call says whether the change was made, as `aio.to_its_end` has it.
    """

    async def with_storage(self, call: Callable[[Storage], R], *, changes: bool = False) -> R:
        """What `call` makes of the storage."""
        run = to_its_end if changes else in_thread
        return await run(lambda: call(default_storage()))

    async def with_contexts(self, call: Callable[[Contexts], R], *, changes: bool = False) -> R:
        """What `call` makes of the memories."""
        return await self.with_storage(
            lambda storage: call(Contexts(storage.memory)), changes=changes
        )

    async def with_prompts(self, call: Callable[[PromptLibrary], R], *, changes: bool = False) -> R:
        """What `call` makes of the prompt sets."""
        return await self.with_storage(lambda storage: call(storage.prompts), changes=changes)
