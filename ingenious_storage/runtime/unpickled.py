"""Unpickled objects: what holds a secret, or connections of this process, is never pickled.

A pickle has the account key in clear, wherever it goes: a queue, a cache, a log of a task.
"""

from __future__ import annotations

from typing import Any, NoReturn


class Unpickled:
    """Raises TypeError when it is pickled; of a value, a copy is the value itself."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be pickled: it may hold secrets. Load the configuration "
            "where it is needed (load_settings, Storage.from_config), and send a profile's name"
        )


class Value(Unpickled):
    """An unpickled one that nobody changes."""

    __slots__ = ()

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self
