"""What comes with an extra of the distribution, and how to say that it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingenious_storage.errors import StorageError


class ExtraMissingError(StorageError):
    code = "extra_missing"


@contextmanager
def needs_extra(extra: str, *packages: str) -> Iterator[None]:
    """Raise ExtraMissingError when one of `packages`, which the block imports, is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in packages:
            raise
        problem = f"this needs {name}, which is not installed"
    else:
        return
    raise ExtraMissingError(problem, hint=f"Run: pip install 'ingenious-storage[{extra}]'")
