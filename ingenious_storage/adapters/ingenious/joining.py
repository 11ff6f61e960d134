"""Joining: the two places of the framework that a repository alone cannot make safe.

Its `MemoryManager` reads, changes and writes in three calls, and swallows the errors of the first;
its route `revisions/create` copies file by file. Both get ours, and ask it only when the storage
type is ours: any other goes the framework's way.
"""

from __future__ import annotations

import inspect
import logging
import sys
from types import FunctionType, ModuleType
from typing import Any, Final

from ingenious_storage.adapters.ingenious.memory import (
    delete_memory,
    guarded,
    maintain_memory,
    read_memory,
    write_memory,
)
from ingenious_storage.runtime import forks

_logger: Final = logging.getLogger("ingenious_storage.adapters.ingenious")
_lock: Final = forks.new_lock()
_JOINED: Final = "_joined_by_ingenious_storage"


def join() -> None:
    """Join what is imported of the two, once each; quick when that is done. Raises nothing.

    A repository does this when it is made, and so before it is used: each `MemoryManager` makes
    one, and the framework makes one for each request before the route is asked.
    """
    for name, joined in _PLACES.items():
        module = sys.modules.get(name)
        if module is None or _JOINED in vars(module) or _is_incomplete(module):
            continue
        with _lock:
            if _JOINED not in vars(module):
                _try(joined, module)
                vars(module)[_JOINED] = True  # only now: another thread does not wait for the lock


def _is_incomplete(module: ModuleType) -> bool:
    """Whether another thread is importing it; nobody can have used what it defines."""
    return getattr(module.__spec__, "_initializing", False)


def _try(joined: Any, module: ModuleType) -> None:
    try:
        joined(module)
    except (AttributeError, TypeError, ValueError) as error:
        _logger.warning("%s is of another release than this adapter: %s", module.__name__, error)


def _memory_manager(module: ModuleType) -> None:
    kind = module.MemoryManager
    for ours in (read_memory, write_memory, maintain_memory, delete_memory):
        setattr(kind, ours.__name__, guarded(getattr(kind, ours.__name__), ours))


def _prompts(module: ModuleType) -> None:
    """Give the route's function another body: routes hold the function, so no name will do."""
    route = module.create_revision
    signature = inspect.signature(route)
    before = FunctionType(route.__code__, route.__globals__, route.__name__, route.__defaults__)
    before.__kwdefaults__ = route.__kwdefaults__
    route.__dict__.update(__signature__=signature, _before=before)
    route.__code__ = _create_revision.__code__


async def _create_revision(*args: Any, **options: Any) -> Any:
    from ingenious_storage.adapters.ingenious.revisions import (  # noqa: PLC0415  # see `_prompts`
        create_revision,
    )

    return await create_revision(*args, **options)


_PLACES: Final = {
    "ingenious.services.memory_manager": _memory_manager,
    "ingenious.api.routes.prompts": _prompts,
}
