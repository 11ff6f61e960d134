"""A model without a network: it calls a tool when it is asked to, and else answers with a text."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from agents import Model, ModelResponse, RunConfig, Usage
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

QUIET: Final = RunConfig(tracing_disabled=True)
"""Nothing is sent to OpenAI."""


class FakeModel(Model):
    """Attributes:
    seen: the input of each call.
    """

    def __init__(self) -> None:
        self.seen: list[list[Any]] = []

    async def get_response(self, *_: Any, **given: Any) -> ModelResponse:
        items = list(given["input"])
        self.seen.append(items)
        last = items[-1]
        wants_tool = isinstance(last, dict) and last.get("content") == "use the tool"
        output = _call() if wants_tool else _message(f"answer {len(self.seen)}")
        return ModelResponse(output=[output], usage=Usage(), response_id=uuid4().hex)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("this model answers whole: run it by Runner.run, not run_streamed")


def _message(text: str) -> ResponseOutputMessage:
    part = ResponseOutputText(text=text, type="output_text", annotations=[])
    return ResponseOutputMessage(
        id=f"msg_{uuid4().hex}",
        content=[part],
        role="assistant",
        status="completed",
        type="message",
    )


def _call() -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        arguments="{}", call_id=uuid4().hex, name="tool", type="function_call"
    )
