"""An agent of the OpenAI Agents SDK that remembers its conversations. No account, no network.

The conversations lie in the folder ./data, or where the configuration says.
"""

import asyncio
from typing import Any
from uuid import uuid4

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage
from openai.types.responses import ResponseOutputMessage, ResponseOutputText

from ingenious_storage.adapters.openai_agents import StorageSession


class Echo(Model):
    """In place of a model: it says how much it was shown."""

    async def get_response(self, *_: Any, **given: Any) -> ModelResponse:
        shown = given["input"]
        text = f"{shown[-1]['content']}? You have said {(len(shown) + 1) // 2} things."
        part = ResponseOutputText(text=text, type="output_text", annotations=[])
        message = ResponseOutputMessage(
            id=f"msg_{uuid4().hex}",
            content=[part],
            role="assistant",
            status="completed",
            type="message",
        )
        return ModelResponse(output=[message], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("this model answers whole: run it by Runner.run, not run_streamed")


async def main() -> None:
    agent = Agent(name="assistant", model=Echo())
    session = StorageSession("ana")
    await session.clear_session()
    for said in ("I drink tea", "I live in Lyon"):
        run = await Runner.run(
            agent, said, session=session, run_config=RunConfig(tracing_disabled=True)
        )
        print(run.final_output)

    await session.pop_item()  # the last answer was not good
    print(len(await session.get_items()), "items")
    await session.clear_session()
    cleared, before, *_ = await session.history()
    print(f"revision {cleared.number}: {cleared.message}")
    await session.rollback(before.number)
    print(len(await session.get_items()), "items again")
    receipt = await session.erase_session()
    assert receipt is not None
    print(receipt.revisions, "revisions erased")


if __name__ == "__main__":
    asyncio.run(main())
