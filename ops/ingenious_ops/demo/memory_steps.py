"""Steps with memories: go on, roll an accident back, write from eight sides at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from ingenious_ops.demo.scene import AUTHOR, Scene

CHAT: Final = "chat-1001"
BUSY: Final = "chat-1003"
APPENDS: Final = 50


def go_on(scene: Scene) -> None:
    """Append to a conversation, and look at its history."""
    scene.stage.section(
        "A conversation goes on",
        "Each change of a memory is a revision, with author and time.",
    )
    question, answer = "When will it be here?", "By Thursday. You get the number of the parcel."
    for role, content in (("user", question), ("assistant", answer)):
        scene.stage.command(
            f'ingenious-storage memory append {CHAT} --role {role} --content "{content}"'
        )
        scene.storage.memory.append_messages(
            CHAT, [{"role": role, "content": content}], author=AUTHOR
        )
    scene.stage.command(f"ingenious-storage memory history {CHAT}")
    scene.show_history(scene.storage.memory.history(CHAT))
    scene.stage.command(f"ingenious-storage memory diff {CHAT}")
    scene.stage.diff(scene.storage.memory.diff(CHAT, 2))


def roll_back(scene: Scene) -> None:
    """Save an accident over a conversation, and take it back."""
    scene.stage.section(
        "An accident, and back",
        "Something saves an empty conversation over the one that is there. Rolling back is a new "
        "revision too, so that the accident stays on record.",
    )
    empty = scene.edit("empty.json", '{"messages": []}\n')
    scene.stage.command(f"ingenious-storage memory save {CHAT} {empty}")
    scene.storage.memory.save_memory(CHAT, {"messages": []}, author=AUTHOR)
    scene.stage.command(f"ingenious-storage memory rollback {CHAT} 3")
    scene.storage.memory.rollback(CHAT, 3, author=AUTHOR)
    scene.show_history(scene.storage.memory.history(CHAT))
    messages = _messages(scene, CHAT)
    scene.stage.command(f"ingenious-storage memory show {CHAT}")
    scene.stage.table(
        ("", ""), [(f"{len(messages)} messages; the last:", repr(messages[-1]["content"]))]
    )


def write_at_once(scene: Scene) -> None:
    """Append from many writers at once."""
    scene.stage.section(
        f"{APPENDS} appends at once",
        "Eight writers on one conversation: every append lands, and lands once.",
    )
    scene.stage.command(
        f"seq {APPENDS} | xargs -P 8 -I N ingenious-storage memory append {BUSY} "
        '--role user --content "N"'
    )
    before = len(_messages(scene, BUSY))

    def append(number: int) -> None:
        message = {"role": "user", "content": str(number)}
        scene.storage.memory.append_messages(BUSY, [message], author=AUTHOR)

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(append, range(1, APPENDS + 1)))
    contents = Counter(message["content"] for message in _messages(scene, BUSY)[before:])
    newest = scene.storage.memory.history(BUSY, limit=1)[0].number
    scene.stage.table(
        ("appended", "found", "lost", "doubled", "newest revision"),
        [(APPENDS, contents.total(), APPENDS - len(contents), _doubled(contents), newest)],
    )


def _messages(scene: Scene, conversation: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = scene.storage.memory.load_memory(conversation)["messages"]
    return messages


def _doubled(contents: Counter[str]) -> int:
    return sum(number > 1 for number in contents.values())
