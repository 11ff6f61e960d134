"""A state machine: whatever is saved, forked, branched and deleted, both stores say the same."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic_ai.conversation import Conversation
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.usage import RunUsage

from ingenious_storage import Storage
from ingenious_storage.adapters.pydantic_ai import StorageConversationStore
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.pydantic_ai.both import Both

ids = st.sampled_from(["c0", "c1", "c2", ""])
scopes = st.sampled_from([None, None, "ana", "bo", ""])
limits = st.none() | st.integers(-1, 4)
numbers = st.integers(0, 5)


def messages(count: int, text: str) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(f"{text} {n}")])
        if n % 2 == 0
        else ModelResponse(parts=[TextPart(f"{text} {n}")])
        for n in range(count)
    ]


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        container = InMemoryBackend()
        memory = Settings(StorageSettings(type="inmemory"))
        self.storage = Storage(memory, backend=lambda *_: container)
        # Another process, which sees what this one has written.
        self.elsewhere = Storage(memory, backend=lambda *_: container)
        self.both = Both(StorageConversationStore(self.storage))
        self.turns = 0

    def teardown(self) -> None:
        self.both.close()
        for storage in (self.storage, self.elsewhere):
            assert storage.verify()["data"].problems == ()
            storage.close()

    def pick(self, index: int) -> tuple[Conversation, Conversation]:
        return self.both.held[index % len(self.both.held)]

    def look(self) -> None:
        for conversation_id in ("c0", "c1", "c2", "c3", ""):
            self.both.ask(lambda _, s: s.load(conversation_id))  # noqa: B023  # asked at once
        self.both.ask(lambda _, s: s.list_conversations())

    @initialize(count=st.integers(2, 5), scope=scopes)
    def begin_with_some(self, count: int, scope: str | None) -> None:
        """Most of what can go wrong needs a conversation of some length."""
        for conversation_id in ("c0", "c1"):
            self.begin(conversation_id)
            self.save(-1, count, scope)
        self.load("c0", None, None)

    @rule(conversation_id=ids)
    def begin(self, conversation_id: str) -> None:
        new = Conversation(conversation_id=conversation_id)
        self.both.held.append((new, deepcopy(new)))

    @rule(conversation_id=ids, limit=limits, scope=scopes)
    def load(self, conversation_id: str, limit: int | None, scope: str | None) -> None:
        found = self.both.ask(lambda _, s: s.load(conversation_id, limit=limit, scope=scope))
        self.both.hold(found)

    @rule(conversation_id=ids, limit=limits)
    def entries(self, conversation_id: str, limit: int | None) -> None:
        found = self.both.ask(lambda _, s: s.load_entries(conversation_id, limit=limit))
        if isinstance(found[0], list) and found[0]:
            self.both.ask(lambda n, s: s.read_entry(found[n][0].id))
            self.both.ask(lambda n, s: s.read_history(found[n][-1].id, limit=2))

    @precondition(lambda self: self.both.held)
    @rule(index=numbers, count=st.integers(0, 3), scope=scopes)
    def save(self, index: int, count: int, scope: str | None) -> None:
        self.turns += 1
        new, pair = messages(count, f"turn {self.turns}"), self.pick(index)
        for each in pair:
            each.messages.extend(deepcopy(new))
            each.usage += RunUsage(requests=1, details={"seen": count})
        self.both.ask(lambda n, s: s.save(pair[n], scope=scope))

    @precondition(lambda self: self.both.held)
    @rule(index=numbers, at=numbers, drop=st.booleans())
    def rewrite(self, index: int, at: int, drop: bool) -> None:
        """As a compaction does: another message in place of one, or of it and all after it."""
        self.turns += 1
        new, pair = messages(1, f"rewritten {self.turns}"), self.pick(index)
        for each in pair:
            each.messages[at : None if drop else at + 1] = deepcopy(new)
        self.both.ask(lambda n, s: s.save(pair[n]))
        self.look()

    @rule(
        source=ids,
        at=st.none() | numbers,
        new=ids | st.just("c3"),
        scope=scopes,
        source_scope=scopes,
    )
    def fork(
        self, source: str, at: int | None, new: str, scope: str | None, source_scope: str | None
    ) -> None:
        more: Any = {"new_conversation_id": new, "scope": scope, "source_scope": source_scope}
        self.both.hold(self.both.ask(lambda _, s: s.fork(source, at=at, **more)))
        self.look()

    @rule(conversation_id=ids, at=numbers, scope=scopes)
    def branch(self, conversation_id: str, at: int, scope: str | None) -> None:
        found = self.both.ask(lambda _, s: s.read_record(conversation_id))
        revisions = [record and record.revision for record in found]
        self.both.hold(
            self.both.ask(
                lambda n, s: s.branch(
                    conversation_id, at=at, expected_revision=revisions[n], scope=scope
                )
            )
        )

    @rule(conversation_id=ids, place=numbers, fork=st.booleans())
    def back_to_a_branch(self, conversation_id: str, place: int, fork: bool) -> None:
        found = self.both.ask(lambda _, s: s.read_record(conversation_id))
        if found[0] is None or not found[0].branches:
            return
        tips = [record.branches[place % len(record.branches)] for record in found]
        lines = self.both.ask(lambda n, s: s.read_history(tips[n]))
        entries = [line[place % len(line)].id for line in lines]
        if fork:
            new: Any = {"new_conversation_id": "c3", "scope": "bo"}
            self.both.hold(
                self.both.ask(lambda n, s: s.fork(conversation_id, from_entry=entries[n], **new))
            )
            return
        self.both.hold(
            self.both.ask(
                lambda n, s: s.branch(
                    conversation_id, from_entry=entries[n], expected_revision=found[n].revision
                )
            )
        )

    @precondition(lambda self: self.both.held)
    @rule(index=numbers, at=numbers)
    def branch_from_what_is_old(self, index: int, at: int) -> None:
        pair = self.pick(index)
        conversation_id, revisions = pair[0].conversation_id, [each.revision for each in pair]
        self.both.ask(lambda n, s: s.branch(conversation_id, at=at, expected_revision=revisions[n]))

    @rule(conversation_id=ids, scope=scopes)
    def delete(self, conversation_id: str, scope: str | None) -> None:
        self.both.ask(lambda _, s: s.delete(conversation_id, scope=scope))
        self.look()

    @rule(scope=scopes, limit=limits)
    def listing(self, scope: str | None, limit: int | None) -> None:
        self.both.ask(lambda _, s: s.list_conversations(scope=scope, limit=limit))

    @rule()
    def another_process_goes_on(self) -> None:
        self.storage, self.elsewhere = self.elsewhere, self.storage
        self.both.ours = StorageConversationStore(self.storage)


@pytest.mark.parametrize(
    ("examples", "steps"), [(20, 20), pytest.param(60, 40, marks=pytest.mark.slow)]
)
def test_both_say_the_same(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
