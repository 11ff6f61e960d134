"""A client that is killed at each request of the first save, where keys are made as well."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import gc
from ingenious_storage.errors import ContainerNotFoundError, MemoryNotFoundError
from ingenious_storage.services.kinds import MEMORIES
from ingenious_storage.services.memory import MemoryManager
from tests.library.documents.processes.test_crash import needs_signals
from tests.support.faults import Fault, FaultyBackend, at, killed_after, killed_before
from tests.support.layering import files_on
from tests.support.writers import CONVERSATION, Place, new_processes, remains, whole_history

KEY = MEMORIES.key(CONVERSATION)


def save_and_be_killed(place: Place, position: int, fault: Fault) -> None:
    line = FaultyBackend(place.backend(), at(position, fault))
    MemoryManager(files_on(line, place.key_file)).save_memory(CONVERSATION, ["killed"])


def document_keys(backend: Backend) -> list[str]:
    return [info.key for info in backend.iterate("keys/documents/")]


@needs_signals
@pytest.mark.timeout(900)
def test_killed_at_each_request(place: Place) -> None:
    """Whoever comes next goes on, with one key of the document; a purge takes that too."""
    position, made = 0, 0
    while True:
        position += 1
        fault = killed_before if position == 1 else killed_after
        here = replace(place, container=f"{place.container[:50]}-{position}")
        process = new_processes().Process(target=save_and_be_killed, args=(here, position, fault))
        process.start()
        process.join(60)
        made += check_after(here.backend())
        if process.exitcode == 0:
            assert position > 6, "keys of the container and of the document, and the head"
            assert made, "some died when the head was there"
            return
        assert process.exitcode == -signal.SIGKILL


def check_after(backend: Backend) -> bool:
    memory = MemoryManager(files_on(backend))
    try:
        done = bool(memory.load_memory(CONVERSATION) == ["killed"])
    except (MemoryNotFoundError, ContainerNotFoundError):
        done = False
    assert memory.save_memory(CONVERSATION, ["next"]).number == 1 + done
    assert len(whole_history(backend, KEY)) == 1 + done
    assert len(document_keys(backend)) == 1
    memory.purge_memory(CONVERSATION)
    assert remains(backend) == []
    assert document_keys(backend) == []
    gc(memory.documents)
    backend.close()
    return done
