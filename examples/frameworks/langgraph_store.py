"""An agent that knows its users from one conversation to the next. No account, no network.

The memories lie in the folder ./data, or where the configuration says.
"""

from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ingenious_storage.adapters.langgraph import StorageStore


class Turn(TypedDict):
    user: str
    said: str
    answer: str


def model(said: str, known: list[str]) -> str:
    """In place of a model."""
    return f"You said: {said}. I know of you: {'; '.join(known) or 'nothing'}."


def talk(turn: Turn, runtime: Runtime[Any]) -> dict[str, str]:
    store = runtime.store
    assert store is not None
    memories = ("memories", turn["user"])
    found = store.search(memories, query=turn["said"], limit=3)
    answer = model(turn["said"], [item.value["text"] for item in found])
    store.put(memories, turn["said"], {"text": turn["said"]}, ttl=60 * 24 * 365)
    return {"answer": answer}


def main() -> None:
    graph = StateGraph(Turn)
    graph.add_node("talk", talk)
    graph.add_edge(START, "talk")
    graph.add_edge("talk", END)
    store = StorageStore()
    agent = graph.compile(store=store)
    for said in ("I drink tea", "I live in Lyon", "What tea do I drink?"):
        print(agent.invoke({"user": "ana", "said": said, "answer": ""})["answer"])

    memories = ("memories", "ana")
    store.delete(memories, "I live in Lyon")  # it is gone, and its history is not
    store.restore(memories, "I live in Lyon")
    print(len(store.erase(memories)), "memories erased")


if __name__ == "__main__":
    main()
