"""An agent that remembers its conversations, behind a server that forgets. No account, no network.

Histories and sessions lie in the folder ./data, or where the configuration says.
"""

import asyncio
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from agent_framework import Agent, AgentSession, BaseChatClient, ChatResponse, Message

from ingenious_storage.adapters.agent_framework import StorageHistoryProvider

warnings.filterwarnings("ignore", r"\[SESSION_STORE\]")  # the framework calls it experimental

from ingenious_storage.adapters.agent_framework import StorageSessionStore  # noqa: E402


class Model(BaseChatClient[Any]):
    """In place of a model: it tells what it was sent."""

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
        said = [each.text for each in messages if each.role == "user"]
        return ChatResponse(messages=[Message("assistant", [f"You said: {', '.join(said)}"])])


async def request(conversation: str, text: str) -> str:
    """One request: an agent and a session are made for it, and nothing is kept in the process."""
    agent = Agent(client=Model(), context_providers=[StorageHistoryProvider()])
    sessions = StorageSessionStore()
    session = await sessions.get(conversation) or AgentSession(session_id=conversation)
    session.state["turns"] = session.state.get("turns", 0) + 1
    answer = await agent.run(text, session=session)
    await sessions.set(conversation, session)
    return f"{session.state['turns']}: {answer.text}"


def main() -> None:
    for text in ("I sail on 12 May", "I sail on 12 May", "Is a berth free?"):
        print(asyncio.run(request("ana", text)))

    history = StorageHistoryProvider()
    asyncio.run(history.clear("ana", erase=True))
    print(len(asyncio.run(history.get_messages("ana"))), "messages left")


if __name__ == "__main__":
    main()
