"""Once: a call that its caller may have to repeat writes one revision, however often it is made.

The caller's token travels in a context variable, as a deadline does, and ends up in the write_id of
the revision: the history itself says what was done already, in every process, and nothing else has
to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ingenious_storage.arguments import of_kind
from ingenious_storage.documents.format.claims import Claim
from ingenious_storage.errors import InvalidDataError
from ingenious_storage.runtime import forks


class _Once:
    """One block. Thread-safe."""

    def __init__(self, token: str, content: bytes) -> None:
        self._token, self._content = token, content
        self._calls: Counter[str] = Counter()
        self._lock = forks.new_lock()

    def claim(self, key: str) -> Claim:
        with self._lock:
            self._calls[key] += 1
            return Claim.of(self._token, key, self._calls[key], content=self._content)


_current: Final[ContextVar[_Once | None]] = ContextVar("ingenious_storage_once", default=None)


@contextmanager
def once(token: str, content: bytes = b"") -> Iterator[None]:
    """What is written inside is written once, however often the whole block is repeated.

    A write inside the block that was made before, with this `token` and to the same document, by
    whichever process, writes nothing and gives the revision that it made then. It is known for 24
    hours, by the clocks of who writes, and as long as the history is kept. A repetition has to make
    the same calls in the same order. It costs no request unless a document gets more than some
    twenty revisions in 24 hours.

    It holds in this thread or task, and for the async twins that are awaited inside; of nested
    blocks the inner one counts.

    Args:
        token: names the call; whoever makes it draws it at random, and keeps it until it is done.
        content: what the caller means to write, in any form: the same token with another content
            is a mistake.

    Raises: TypeError, InvalidDataError for a token that is no text, or empty. Inside, calls raise
    IdempotencyKeyReusedError when the token was used for another content, and NotFoundError when
    what it has written was purged since.
    """
    if not of_kind(token, str, "give a text that names the call, such as str(uuid4())"):
        raise InvalidDataError("a token must not be empty", hint="Such as str(uuid.uuid4()).")
    before = _current.set(_Once(token, of_kind(content, bytes, "give the body of the request")))
    try:
        yield
    finally:
        _current.reset(before)


def is_inside() -> bool:
    """Whether who asks is inside of any such block."""
    return _current.get() is not None


def claim(key: str) -> Claim | None:
    """What the next write to `key` is known by; None outside of any such block."""
    inside = _current.get()
    return None if inside is None else inside.claim(key)
