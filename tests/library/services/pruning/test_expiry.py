"""Whole documents go when nobody has written them for their TTL; what belongs together stays or
goes together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from ingenious_storage import MemoryNotFoundError, PrunePolicy, PruneSummary, Storage
from ingenious_storage.documents import note
from ingenious_storage.services.agents import ROOT
from ingenious_storage.services.pruning.expiry import EXPIRED
from tests.library.services.pruning.ageing import Ageing

DAY = timedelta(days=1)
TTL = 30 * DAY
Opened = Callable[..., Storage]


def write(storage: Storage, framework: str, *parts: str, leaf: str, what: Any = 1) -> None:
    storage.agents(framework).change(*parts, leaf=leaf, fn=lambda _: {"what": what})


def _same(time: datetime) -> datetime:
    return time


def left(storage: Storage, framework: str) -> list[tuple[str, ...]]:
    return [(*name.parts, name.leaf) for name in storage.agents(framework).names()]


def erased(summary: PruneSummary) -> int:
    """Receipts of what was erased, and of nothing else."""
    assert [each.done for each in summary.entries] == ["erased"] * summary.erased
    assert all(each.receipt is not None for each in summary.entries)
    return summary.erased


def test_what_nobody_has_written_is_purged_with_its_receipt(opened: Opened, data: Ageing) -> None:
    storage = opened(ttl_days={"memory": 30, "openai-agents": 30})
    storage.memory.save_memory("old", [1])
    storage.memory.save_memory("gone", [1])
    storage.memory.delete_memory("gone")
    write(storage, "openai-agents", "old", leaf="session")
    write(storage, "langgraph", "old", "", leaf="state")
    data.put_forward(29 * DAY)
    assert storage.prune().entries == []
    storage.memory.save_memory("young", [2])
    data.put_forward(2 * DAY)
    would = storage.prune(dry_run=True)
    assert (would.erased, would.documents, would.blobs) == (3, 4, 3)
    assert storage.memory.load_memory("old") == [1]
    done = storage.prune()
    assert erased(done) == 3
    assert done.bytes > would.bytes > 0 or done.bytes == would.bytes
    receipts = {each.key: each.receipt for each in done.entries if each.receipt}
    assert receipts["conversations/old/memory.json"].revisions == 1
    with pytest.raises(MemoryNotFoundError):
        storage.memory.load_memory("old")
    assert storage.memory.load_memory("young") == [2]
    assert left(storage, "langgraph") == [("old", "", "state")]  # it has no TTL
    again = storage.prune()
    assert (again.entries, again.without_documents) == ([], ())


def test_a_policy_and_ttls_in_one_run(storage: Storage, data: Ageing) -> None:
    for number in range(70):
        storage.memory.save_memory("old", number)
    data.put_forward(40 * DAY)
    for number in range(70):
        storage.memory.save_memory("young", number)
    done = storage.prune(PrunePolicy(keep=1), ttl={"memory": TTL})
    assert {each.key.split("/")[1]: each.done for each in done.entries} == {
        "old": "erased",
        "young": "pruned",
    }
    assert (done.revisions, done.documents) == (64, 2)
    assert storage.verify()["data"].orphans == ()


def test_a_thread_goes_as_a_whole_or_not_at_all(storage: Storage, data: Ageing) -> None:
    for thread in ("idle", "alive"):
        for namespace in ("", "child:1", "child:2"):
            write(storage, "langgraph", thread, namespace, leaf="state")
            write(storage, "langgraph", thread, namespace, leaf="writes")
    data.put_forward(2 * TTL)
    write(storage, "langgraph", "alive", "child:2", leaf="writes", what=2)
    done = storage.prune(ttl={"langgraph": TTL})
    assert erased(done) == 6
    assert {parts[0] for parts in left(storage, "langgraph")} == {"alive"}
    assert len(left(storage, "langgraph")) == 6
    assert storage.verify()["data"].problems == ()
    assert storage.prune(ttl={"langgraph": TTL}).entries == []


def test_frameworks_say_what_belongs_together(storage: Storage, data: Ageing) -> None:
    def fill(session: str) -> None:
        write(storage, "agent-framework", session, "", leaf="session")
        write(storage, "agent-framework", session, "ingenious_storage", leaf="history")
        write(storage, "langgraph-store", "users", session, leaf="item")
        write(storage, "mine", session, "a", "b", leaf="x")

    fill("idle")
    fill("alive")
    data.put_forward(2 * TTL)
    write(storage, "agent-framework", "alive", "", leaf="session", what=2)
    write(storage, "langgraph-store", "users", "alive", leaf="item", what=2)
    write(storage, "mine", "alive", "c", "d", leaf="x")
    ttl = dict.fromkeys(("agent-framework", "langgraph-store", "mine"), TTL)
    assert erased(storage.prune(ttl=ttl)) == 4
    assert len(left(storage, "agent-framework")) == 2
    assert left(storage, "langgraph-store") == [("users", "alive", "item")]
    assert len(left(storage, "mine")) == 2


def test_a_session_of_adk_and_its_files_are_one(storage: Storage, data: Ageing) -> None:
    fw = "google-adk"

    def fill(session: str) -> None:
        write(storage, fw, "session", "app", "ann", session, leaf="session")
        write(storage, fw, "artifact", "app", "ann", "session", session, "a.txt", leaf="artifact")
        write(storage, fw, "artifact", "app", "ann", "session", session, "b.txt", leaf="artifact")

    for session in ("idle", "talks", "saves"):
        fill(session)
    write(storage, fw, "artifact", "app", "ann", "session", "alone", "a.txt", leaf="artifact")
    write(storage, fw, "artifact", "app", "ann", "user", "user:a.txt", leaf="artifact")
    write(storage, fw, "user", "app", "ann", leaf="state")
    write(storage, fw, "app", "app", leaf="state")
    data.put_forward(2 * TTL)
    write(storage, fw, "session", "app", "ann", "talks", leaf="session", what=2)
    file = ("artifact", "app", "ann", "session", "saves", "b.txt")
    write(storage, fw, *file, leaf="artifact", what=2)
    would = storage.prune(ttl={fw: TTL}, dry_run=True)
    done = storage.prune(ttl={fw: TTL})
    assert erased(done) == would.erased == 4
    sessions = {parts[-2] for parts in left(storage, fw) if parts[0] == "session"}
    assert sessions == {"talks", "saves"}
    assert len(left(storage, fw)) == 6 + 3


def test_a_document_that_is_written_between_look_and_purge_stays(
    opened: Opened, data: Ageing
) -> None:
    storage, other = opened(), opened()
    storage.memory.save_memory("c", ["old"])
    data.put_forward(2 * TTL)

    def write_once(_number: int) -> None:
        if not done and data.operations["list"] >= 3:  # the listings have seen it
            other.memory.update_memory("c", lambda old: [*old, "new"])
            done.append(1)

    done: list[int] = []
    data.reset()
    data.meanwhile = write_once
    summary = storage.prune(ttl={"memory": TTL})
    assert done
    assert (summary.kept, summary.erased, summary.entries) == (1, 0, [])
    assert other.memory.load_memory("c") == ["old", "new"]


def test_the_clock_of_this_machine_means_nothing(storage: Storage, data: Ageing) -> None:
    """Revisions say that they are of long ago; the store knows better."""
    documents = storage.memory.documents
    for clock in (datetime(2001, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)):
        documents.clock = partial(_same, clock)
        for number in range(40):
            storage.memory.save_memory(str(clock.year), number)
    policy = PrunePolicy(superseded=TTL)
    assert storage.prune(policy, ttl={"memory": TTL}).entries == []
    data.put_forward(2 * TTL)
    assert storage.prune(policy, ttl={"memory": TTL}).erased == 2


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_names_with_a_ttl_that_have_no_documents_are_told(opened: Opened) -> None:
    storage = opened(ttl_days={"langraph": 30, "memory": 30})
    write(storage, "langgraph", "t", "", leaf="state")
    assert storage.prune().without_documents == ("langraph", "memory")
    assert storage.prune(kinds=["memory"]).without_documents == ("memory",)


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_what_a_killed_run_has_deleted_goes_at_the_next_or_comes_back(
    storage: Storage, data: Ageing
) -> None:
    why = note(message=EXPIRED)
    for thread in ("idle", "alive"):
        for namespace in ("", "child"):
            write(storage, "langgraph", thread, namespace, leaf="state")
    data.put_forward(2 * TTL)
    agents = storage.agents("langgraph")
    for thread in ("idle", "alive"):  # as far as it came
        agents.store.delete(agents.key(thread, "", leaf="state"), note=why)
    write(storage, "langgraph", "alive", "child", leaf="state", what=2)
    assert erased(storage.prune(ttl={"langgraph": TTL})) == 2
    assert left(storage, "langgraph") == [("alive", "child", "state"), ("alive", "", "state")]


@pytest.mark.parametrize("settings", ["inmemory"], indirect=True)
def test_what_a_user_has_deleted_is_as_old_as_its_deletion(storage: Storage, data: Ageing) -> None:
    write(storage, "langgraph", "t", "", leaf="state")
    write(storage, "langgraph", "t", "", leaf="writes")
    data.put_forward(2 * TTL)
    agents = storage.agents("langgraph")
    agents.store.delete(agents.key("t", "", leaf="state"))
    assert storage.prune(ttl={"langgraph": TTL}).entries == []
    data.put_forward(2 * TTL)
    assert erased(storage.prune(ttl={"langgraph": TTL})) == 2
    assert [key for key in data.inner.list(ROOT).blobs if "history" in key.key] == []
