"""Small caches of documents: full within minutes, so that what grows after that is a leak.

An hour of the soak does not fill the 64 MB that a process may remember.
`python -m tests.integration.soak.small` is the command line with small ones.
"""

from __future__ import annotations

from typing import Final

from ingenious_ops.cli import main
from ingenious_storage.documents import reader
from ingenious_storage.documents.writing import repeats

_BYTES: Final = 1024 * 1024


def shrink_caches() -> None:
    """For all storages that this process makes from now on."""
    reader._CACHE_BYTES = _BYTES
    repeats._CACHE_BYTES = _BYTES  # type: ignore[misc]


if __name__ == "__main__":
    shrink_caches()
    main()
