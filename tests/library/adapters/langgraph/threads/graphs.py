"""Graphs without a model, which use all that a saver has to keep."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import _messages_delta_reducer, add_messages
from langgraph.types import Send, interrupt

from tests.support.polling import eventually

Saver = BaseCheckpointSaver[Any]


class Chat(TypedDict):
    """A conversation."""

    messages: Annotated[list[BaseMessage], add_messages]


class DeltaChat(TypedDict):
    """The same in a channel of which a checkpoint has no value, but its ancestors' writes."""

    messages: Annotated[list[BaseMessage], DeltaChannel(_messages_delta_reducer)]


def answer(state: Any) -> Any:
    """A model that counts."""
    count = len(state["messages"])
    return {"messages": [AIMessage(f"answer {count}", id=f"a{count}")]}


def chat(saver: Saver, schema: type[Any] = Chat) -> Any:
    """One model, one turn."""
    builder: Any = StateGraph(schema)
    builder.add_node("model", answer)
    builder.add_edge(START, "model")
    builder.add_edge("model", END)
    return builder.compile(checkpointer=saver)


def say(graph: Any, config: Any, text: str) -> list[str]:
    """One turn; the texts of all messages."""
    state = graph.invoke({"messages": [HumanMessage(text, id=text)]}, config)
    return [message.content for message in state["messages"]]


class Work(TypedDict):
    """What nodes write, in the order of their writes."""

    done: Annotated[list[str], operator.add]


def approval(saver: Saver) -> Any:
    """A subgraph in a subgraph, which asks two questions; four workers beside one another."""

    def ask(_state: Any) -> Any:
        first, second = interrupt("first?"), interrupt("second?")
        return {"done": [f"asked {first} {second}"]}

    inner: Any = StateGraph(Work)
    inner.add_node("ask", ask)
    inner.add_edge(START, "ask")
    middle: Any = StateGraph(Work)
    middle.add_node("inner", inner.compile())
    middle.add_edge(START, "inner")
    outer: Any = StateGraph(Work)
    outer.add_node("plan", lambda _: {"done": ["planned"]})
    outer.add_node("worker", lambda state: {"done": [f"worked {state}"]})
    outer.add_node("middle", middle.compile())
    outer.add_edge(START, "plan")
    outer.add_conditional_edges("plan", lambda _: [Send("worker", n) for n in range(4)])
    outer.add_edge("worker", "middle")
    outer.add_edge("middle", END)
    return outer.compile(checkpointer=saver)


class FailsOnce:
    """A node that fails in its first call, once the one beside it has written."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def graph(self, saver: Saver, config: Any) -> Any:
        """Both are called for one step."""

        def good(_state: Any) -> Any:
            self.calls.append("good")
            return {"done": ["good"]}

        def bad(_state: Any) -> Any:
            self.calls.append("bad")
            if self.calls.count("bad") == 1:
                eventually(lambda: _has_writes(saver, config))
                raise ZeroDivisionError("the first call fails")
            return {"done": ["bad"]}

        builder: Any = StateGraph(Work)
        builder.add_node("good", good)
        builder.add_node("bad", bad)
        builder.add_edge(START, "good")
        builder.add_edge(START, "bad")
        return builder.compile(checkpointer=saver)


def _has_writes(saver: Saver, config: Any) -> bool:
    found = saver.get_tuple(config)
    return found is not None and any(write[1] == "done" for write in found.pending_writes or [])
