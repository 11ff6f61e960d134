"""An agent of Pydantic AI whose conversations are stored. No account, no network.

The conversations lie in the folder ./data, or where the configuration says.
"""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.conversation import Conversation
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from ingenious_storage.adapters.pydantic_ai import StorageConversationStore


def model(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    """In place of a model: it says how much it was shown."""
    return ModelResponse(parts=[TextPart(f"You have said {(len(messages) + 1) // 2} things.")])


async def main() -> None:
    agent, store = Agent(FunctionModel(model)), StorageConversationStore()
    await store.delete("trip")
    for said in ("I live in Lyon", "I want to see the sea"):
        conversation = await store.load("trip") or Conversation(conversation_id="trip")
        result = await agent.run(said, conversation=conversation)
        await store.save(result, scope="ana")
        print(result.output)

    other = await store.fork("trip", at=2)  # the same beginning, for another idea
    result = await agent.run("I want to see mountains", conversation=other)
    await store.save(result)
    for record in await store.list_conversations(scope="ana"):
        loaded = await store.load(record.conversation_id)
        assert loaded is not None
        print("trip" if record.forked_from is None else "its fork", len(loaded.messages))
    for record in await store.list_conversations(scope="ana"):
        await store.delete(record.conversation_id)  # with all that was in it
    print(len(await store.list_conversations()), "left")


if __name__ == "__main__":
    asyncio.run(main())
