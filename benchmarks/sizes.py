"""Sizes: how much a history stores, for the record; the tests hold it to limits."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from benchmarks.measure import Clock
from benchmarks.report import Section, Table
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings

_SAVES: Final = 1000
_WINDOW: Final = 50
Messages = list[dict[str, str]]

METHOD = f"""\
{_SAVES:,} saves of one conversation, each with one message more, of 1 KB of random words, in
memory; once growing, once as a window of the newest {_WINDOW} messages. All blobs at the end, the
head and the whole history, against the final document; and the CPU time of a save."""

BOUND = """\
An append is undone by two lengths, so its history costs next to nothing. A window drops a message
with every save, and the history has to keep it, compressed. Every revision can be rebuilt; the
tests do that, and hold both to limits (1.25 and 15 times)."""


def run() -> Section:
    rows = [
        _row("appended to", lambda messages, new: [*messages, new]),
        _row(f"a window of {_WINDOW} messages", lambda messages, new: [*messages, new][-_WINDOW:]),
    ]
    header = ("", "final document", "stored in all", "times", "CPU of a save")
    return Section("What a history stores", METHOD, Table(header, rows), BOUND)


def _row(what: str, step: Callable[[Messages, dict[str, str]], Messages]) -> tuple[str, ...]:
    random = Random(20)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(random.choices(letters, k=random.randint(3, 9))) for _ in range(5000)]
    messages: Messages = []
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        clock, size = Clock(), 0
        for _ in range(_SAVES):
            text = " ".join(random.choices(words, k=200))[:1000]
            messages = step(messages, {"role": "user", "content": text})
            value: Any = {"messages": messages}
            with clock.running():
                size = storage.memory.save_memory("talk", value).size
        stored = sum(info.size for info in storage.data.list_blobs())
    return (
        what,
        f"{size / 1024:,.0f} KB",
        f"{stored / 1024:,.0f} KB",
        f"{stored / size:.2f}",
        f"{clock.cpu / _SAVES * 1000:.2f} ms",
    )
