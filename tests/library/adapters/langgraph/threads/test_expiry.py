"""Threads whose TTL has passed: gone for savers that knew them, which begin anew."""

from __future__ import annotations

from datetime import timedelta

from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.adapters.langgraph.saver import FRAMEWORK
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import ConflictError
from ingenious_storage.storage import Storage
from tests.library.adapters.langgraph.threads.steps import get, ids_of, named, put, writes_of
from tests.support.counting import CountingBackend

ROOT = named()


def test_a_thread_goes_with_its_namespaces_and_begins_anew(backend: CountingBackend) -> None:
    def opened() -> Storage:
        settings = Settings(StorageSettings(type="inmemory"))
        return Storage(settings, backend=lambda *_: backend)

    saver, child = StorageSaver(opened()), named(namespace="child")
    for config in (ROOT, child):
        saver.put_writes(put(saver, config, "01", a=1), [("a", "write")], "task")
    assert opened().prune(ttl={FRAMEWORK: timedelta(days=1)}).entries == []
    done = opened().prune(ttl={FRAMEWORK: timedelta(0)})
    assert (done.erased, done.failed, done.kept) == (4, 0, 0)
    assert [saver.get_tuple(config) for config in (ROOT, child)] == [None, None]
    try:
        put(saver, ROOT, "02", a=2)
    except ConflictError:  # it had the old thread in mind
        put(saver, ROOT, "02", a=2)
    for each in (saver, StorageSaver(opened())):
        assert ids_of(each.list(ROOT)) == ["02"]
        assert get(each, ROOT).checkpoint["channel_values"] == {"a": 2}
        assert writes_of(each, ROOT) == []
