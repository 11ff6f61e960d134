"""Conversations as agents leave them behind: the same at each run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from ingenious_storage import Storage
from tests.ops.console.browser.harness import Clock

TALK: Final = "+44 20 7946 0958/berths"
"""One with tool calls, a long answer and three revisions."""
HOSTILE: Final = (
    "<img src=x onerror=\"document.title='taken'\">'\"</script>"
    "<script>document.title='taken'</script>"
)
"""What would run wherever somebody forgot to escape it."""

_BEGUN: Final[list[dict[str, Any]]] = [
    {"role": "system", "content": "You help customers of the harbour office."},
    {
        "role": "user",
        "content": "We are the Marianne, 11 m. Is a berth free on 12 May?\n\nTwo nights would do.",
    },
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {
                    "name": "find_berth",
                    "arguments": '{"length": 11, "from": "2026-05-12", "nights": 2}',
                },
            }
        ],
    },
    {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": '{"berth": "C 14", "free": true, "fee": 42}',
    },
]
_ANSWER: Final = (
    "Berth C 14 is free for both nights. The fee is 42 EUR for a ship of 11 m, by the table of "
    "2026. The office confirms it until noon; please send the name of the skipper and the papers "
    "of the ship. "
)


def converse(storage: Storage, clock: Clock) -> None:
    """A few conversations, one of them deleted."""
    memory = storage.memory
    clock.step = timedelta(minutes=3)
    for number, words in enumerate(("fees", "papers", "weather", "tides", "fuel"), 1):
        said = [{"role": "user", "content": f"Tell me about the {words}, please."}]
        memory.save_memory(f"web/{number:04}", {"messages": said}, author="harbour-agent")
    memory.save_memory(TALK, {"messages": _BEGUN}, author="harbour-agent", message="Turn 1")
    answer = {"role": "assistant", "content": _ANSWER + "We look forward to seeing you. " * 40}
    memory.append_messages(TALK, [answer], author="harbour-agent", message="Turn 2", tags=["eu"])
    memory.update_memory(
        TALK,
        _corrected,
        author="grace@example.com",
        message="The date that was heard wrong",
        tags=["eu", "reviewed"],
    )
    memory.save_memory(
        "skipper/佐藤", {"name": "佐藤", "ships": ["Marianne"]}, author="harbour-agent"
    )
    memory.save_memory("web/0009", {"messages": []}, author="harbour-agent")
    memory.delete_memory("web/0009", author="grace@example.com", message="Sent by mistake")


def attack(storage: Storage) -> None:
    """A conversation of somebody who means harm, in every field that a person or an agent fills."""
    memory = storage.memory
    memory.save_memory(
        HOSTILE,
        {
            "messages": [
                {"role": "user", "name": HOSTILE, "content": HOSTILE, HOSTILE: HOSTILE},
                {"role": HOSTILE, "content": [{"type": HOSTILE, "text": HOSTILE}, HOSTILE]},
                {"role": "assistant", "content": None, "tool_calls": [_call(HOSTILE)]},
                {
                    "role": "tool",
                    "content": [{"type": "tool_use", "name": HOSTILE, "input": HOSTILE}],
                },
            ],
            HOSTILE: {HOSTILE: [HOSTILE]},
        },
        author=HOSTILE,
        message=HOSTILE,
        tags=[HOSTILE],
    )
    memory.save_memory(HOSTILE, {HOSTILE: HOSTILE}, author=HOSTILE, message=HOSTILE, tags=[HOSTILE])
    memory.rollback(HOSTILE, 1, author=HOSTILE, message=HOSTILE)


def _corrected(memory: Any) -> Any:
    asked = memory["messages"][1]
    asked["content"] = asked["content"].replace("12 May", "14 May")
    memory["summary"] = {"ship": "Marianne", "berth": "C 14", "nights": 2}
    return memory


def _call(text: str) -> dict[str, Any]:
    return {"function": {"name": text, "arguments": text}}
