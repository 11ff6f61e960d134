"""Messages, and an agent whose model gives the answers of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent_framework import Agent, BaseChatClient, ChatResponse, ContextProvider, Message


def said(text: str, message_id: str | None = None, **properties: Any) -> Message:
    """What a person says."""
    return Message("user", [text], message_id=message_id, additional_properties=properties)


def answered(text: str, message_id: str | None = None, **properties: Any) -> Message:
    """What a model says."""
    return Message("assistant", [text], message_id=message_id, additional_properties=properties)


def texts(messages: Sequence[Message]) -> list[str]:
    return [each.text for each in messages]


class Scripted(BaseChatClient[Any]):
    """Keeps what it was sent; the last answer goes on for ever."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers, self.sent = list(answers), list[list[str]]()

    def _inner_get_response(
        self,
        *,
        messages: Sequence[Message],
        stream: bool,
        options: Mapping[str, Any],
        **kwargs: Any,
    ) -> Any:
        return self._answer(messages)

    async def _answer(self, messages: Sequence[Message]) -> ChatResponse:
        self.sent.append(texts(messages))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return ChatResponse(messages=[answered(answer)])


def agent_of(model: Scripted, *providers: ContextProvider) -> Agent[Any]:
    return Agent(client=model, context_providers=providers)
