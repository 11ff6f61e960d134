"""A fork in the middle of whatever a thread does with the keys that are remembered."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

import cachetools
import pytest

from ingenious_storage.backends.base import Backend, IfAbsent, Lineage, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.layers.encrypt import documents
from tests.library.layers.encrypt.house import encrypted

NAMES = [f"conversations/c-{number}/memory.json" for number in range(4)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_reads_and_writes_wherever_it_was_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_REMEMBERED", 2)
    store, ends = InMemoryBackend(), list[int]()
    for name in NAMES:
        encrypted(store).put(name, b"{}", PutOptions(condition=IfAbsent(), lineage=Lineage.BEGINS))
    layer = encrypted(store)
    for name in NAMES[:2]:
        layer.get(name)

    def at_each_line(frame: FrameType, event: str, _arg: Any) -> Any:
        if frame.f_code.co_filename != cachetools.__file__:
            return None
        if event == "line":
            ends.append(_forked(layer))
        return at_each_line

    before = sys.gettrace()
    sys.settrace(at_each_line)
    try:
        layer.get(NAMES[2])  # one of the others goes
    finally:
        sys.settrace(before)
    assert len(ends) > 5
    assert set(ends) == {0}


def _forked(layer: Backend) -> int:
    """How a child ends that reads all documents, and writes them."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.settrace(None)
    try:
        for name in NAMES:
            layer.put(name, layer.get(name).data)
        os._exit(0)
    finally:
        os._exit(1)
