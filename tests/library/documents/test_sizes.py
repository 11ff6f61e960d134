"""How much is stored, behind the store; sizes are those of the blobs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, verify
from ingenious_storage.file_storage import FileStorage

KEY = "conversations/a/memory.json"


class Talk:
    """Messages of 1 KB, of random words."""

    def __init__(self) -> None:
        self._random = random.Random(20)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = [
            "".join(self._random.choices(letters, k=self._random.randint(3, 9)))
            for _ in range(5000)
        ]

    def message(self) -> dict[str, str]:
        text = " ".join(self._random.choices(self._words, k=400))
        return {"role": "user", "content": text[:1000]}

    def messages(self, count: int) -> list[dict[str, str]]:
        return [self.message() for _ in range(count)]


def stored_over_size(
    saves: int, first: list[Any], step: Callable[[list[Any]], list[Any]]
) -> tuple[float, DocumentStore]:
    backend = InMemoryBackend()
    store = DocumentStore(FileStorage(backend))
    messages = first
    revision = store.save(KEY, {"messages": messages})
    for _ in range(saves - 1):
        messages = step(messages)
        revision = store.save(KEY, {"messages": messages})
    return sum(info.size for info in backend.iterate()) / revision.size, store


@pytest.mark.parametrize(
    ("saves", "limit"),
    [
        (1000, 1.25),
        # 10,000 heads of up to 10 MB are written, and as many hashed.
        pytest.param(10_000, 2.0, marks=[pytest.mark.slow, pytest.mark.timeout(2700)]),
    ],
)
def test_appends(saves: int, limit: float) -> None:
    talk = Talk()
    ratio, store = stored_over_size(
        saves, talk.messages(1), lambda messages: [*messages, talk.message()]
    )
    assert ratio <= limit
    report = verify(store)
    assert (report.revisions, report.problems, report.orphans) == (saves, (), ())


def test_a_sliding_window_of_50_messages() -> None:
    talk = Talk()
    ratio, store = stored_over_size(
        1000, talk.messages(50), lambda messages: [*messages[1:], talk.message()]
    )
    assert ratio <= 15
    report = verify(store)
    assert (report.revisions, report.problems, report.orphans) == (1000, (), ())


def test_a_document_of_5_mb_that_is_appended_to() -> None:
    talk = Talk()
    ratio, store = stored_over_size(
        100, talk.messages(5000), lambda messages: [*messages, talk.message()]
    )
    assert ratio <= 1.5
    assert verify(store).revisions == 100


def test_a_large_window_does_not_lose_its_matches() -> None:
    """With zstd's default logs the ratio collapses above 1.2 MB."""
    talk = Talk()
    ratio, _ = stored_over_size(
        8, talk.messages(2500), lambda messages: [*messages[1:], talk.message()]
    )
    assert ratio <= 1.05
