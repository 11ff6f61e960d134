"""Talkers: ways to add to a conversation, each by another door, and to hear what is in it."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from agent_framework import Message
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from pydantic_ai.conversation import Conversation
from pydantic_ai.messages import ModelRequest, UserPromptPart

from ingenious_storage import Storage
from ingenious_storage.adapters.agent_framework import StorageHistoryProvider
from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.adapters.openai_agents import StorageSession
from ingenious_storage.adapters.pydantic_ai import StorageConversationStore
from tests.integration.soak.ledger import AnswerError

_TIMEOUT: Final = 120
"""Seconds: longer than any call of the server takes."""


class Talker(ABC):
    """Adds to conversations, one after the other; for one thread."""

    @abstractmethod
    def say(self, conversation: str, token: str) -> None:
        """Add one message: it is there when this returns, and may be when it raises."""

    @abstractmethod
    def heard(self, conversation: str) -> list[str]:
        """All messages of a conversation, oldest first."""


class OverHttp(Talker):
    """By `ingenious-storage serve`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)

    def say(self, conversation: str, token: str) -> None:
        body = json.dumps({"messages": [{"role": "user", "content": token}]})
        self._ask("POST", f"{conversation}/messages", body, {"Idempotency-Key": token})

    def heard(self, conversation: str) -> list[str]:
        return [each["content"] for each in self._ask("GET", conversation)["messages"]]

    def _ask(
        self, method: str, path: str, body: str | None = None, more: Mapping[str, str] | None = None
    ) -> Any:
        headers = {"Content-Type": "application/json", **(more or {})} if body else {}
        self.connection.request(method, f"/api/v1/memories/{path}", body, headers)
        answer = self.connection.getresponse()
        said = json.loads(answer.read() or b"null")
        if not 200 <= answer.status < 300:
            raise AnswerError(answer.status, said)
        return said


class OfAgents(Talker):
    """By a session of the OpenAI Agents SDK."""

    def __init__(self, storage: Storage, run: Callable[[Any], Any]) -> None:
        self._storage, self._run = storage, run

    def say(self, conversation: str, token: str) -> None:
        self._run(self._session(conversation).add_items([{"role": "user", "content": token}]))

    def heard(self, conversation: str) -> list[str]:
        return [each["content"] for each in self._run(self._session(conversation).get_items())]

    def _session(self, conversation: str) -> StorageSession:
        return StorageSession(conversation, self._storage)


class OfPydantic(Talker):
    """By a conversation store of Pydantic AI, loaded and saved at each turn."""

    def __init__(self, storage: Storage, run: Callable[[Any], Any]) -> None:
        self._store, self._run = StorageConversationStore(storage), run

    def say(self, conversation: str, token: str) -> None:
        self._run(self._say(conversation, token))

    def heard(self, conversation: str) -> list[str]:
        found = self._run(self._store.load(conversation))
        return [] if found is None else [part.content for m in found.messages for part in m.parts]

    async def _say(self, conversation: str, token: str) -> None:
        found = await self._store.load(conversation) or Conversation(conversation_id=conversation)
        found.messages.append(ModelRequest(parts=[UserPromptPart(token)]))
        await self._store.save(found)


class OfFramework(Talker):
    """By a history provider of Microsoft Agent Framework."""

    def __init__(self, storage: Storage, run: Callable[[Any], Any]) -> None:
        self._history, self._run = StorageHistoryProvider(storage), run

    def say(self, conversation: str, token: str) -> None:
        message = Message("user", [token], message_id=token)
        self._run(self._history.save_messages(conversation, [message]))

    def heard(self, conversation: str) -> list[str]:
        return [each.text for each in self._run(self._history.get_messages(conversation))]


class OfLangGraph(Talker):
    """By a saver of LangGraph: a checkpoint with the whole thread at each step."""

    def __init__(self, storage: Storage) -> None:
        self._saver = StorageSaver(storage)

    def say(self, conversation: str, token: str) -> None:
        found = self._saver.get_tuple(_named(conversation))
        before = [] if found is None else found.checkpoint["channel_values"]["messages"]
        old: Any = None if found is None else found.checkpoint["channel_versions"]["messages"]
        version: Any = self._saver.get_next_version(old, None)
        made = empty_checkpoint()
        made["channel_values"] = {"messages": [*before, HumanMessage(token, id=token)]}
        made["channel_versions"] = {"messages": version}
        config = _named(conversation) if found is None else found.config
        metadata: Any = {"source": "loop", "step": len(before)}
        config = self._saver.put(config, made, metadata, {"messages": version})
        self._saver.put_writes(config, [("messages", token)], token)

    def heard(self, conversation: str) -> list[str]:
        found = self._saver.get_tuple(_named(conversation))
        values = {} if found is None else found.checkpoint["channel_values"]
        return [str(each.content) for each in values.get("messages", [])]


def _named(conversation: str) -> Any:
    return {"configurable": {"thread_id": conversation, "checkpoint_ns": ""}}


KINDS: Final = (
    *("http-one", "http-two", "http-three"),
    *("openai-agents", "pydantic-ai", "agent-framework", "langgraph"),
)


@contextmanager
def talker(kind: str, storage: Storage, url: str) -> Iterator[Talker]:
    """One of a kind, for the length of a `with` block in one thread."""
    with ExitStack() as stack:
        if kind.startswith("http"):
            one = OverHttp(url)
            stack.callback(one.connection.close)
            yield one
            return
        if kind == "langgraph":
            yield OfLangGraph(storage)
            return
        runner = stack.enter_context(asyncio.Runner())
        of: Mapping[str, Callable[[Storage, Callable[[Any], Any]], Talker]] = {
            "openai-agents": OfAgents,
            "pydantic-ai": OfPydantic,
            "agent-framework": OfFramework,
        }
        yield of[kind](storage, runner.run)
