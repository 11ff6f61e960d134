"""A graph that asks a person before it acts, and goes back in time. No account, no network.

The thread lies in the folder ./data, or where the configuration says.
"""

from typing import Annotated, Any, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from ingenious_storage.adapters.langgraph import StorageSaver


def both(old: list[str], new: list[str]) -> list[str]:
    return old + new


class Work(TypedDict):
    log: Annotated[list[str], both]


def plan(state: Work) -> dict[str, list[str]]:
    """In place of a model."""
    return {"log": [f"plan {len(state['log'])}: order tea"]}


def act(_state: Work) -> dict[str, list[str]]:
    approved = interrupt("May I order tea?")
    return {"log": ["ordered" if approved else "left it"]}


def graph() -> Any:
    """As a process begins with it: all that it knows is in the storage."""
    builder = StateGraph(Work)
    builder.add_node("plan", plan)
    builder.add_node("act", act)
    builder.add_edge(START, "plan")
    builder.add_edge("plan", "act")
    return builder.compile(checkpointer=StorageSaver())


def main() -> None:
    config: Any = {"configurable": {"thread_id": "ana"}}
    asked = graph().invoke({"log": []}, config)
    print(asked["__interrupt__"][0].value)
    print(graph().invoke(Command(resume=True), config)["log"])

    before = next(old for old in graph().get_state_history(config) if old.next == ("act",))
    fork = graph().update_state(before.config, {"log": ["on second thoughts"]}, as_node="plan")
    graph().invoke(None, fork)
    print(graph().invoke(Command(resume=False), config)["log"])
    print(len(list(graph().get_state_history(config))), "checkpoints, of both branches")
    StorageSaver().delete_thread("ana")


if __name__ == "__main__":
    main()
