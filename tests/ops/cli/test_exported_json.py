"""Text of an exported conversation: that of Python's own encoder, however deep the memory is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingenious_ops.transfer.conversation_files import FORMAT, as_json
from ingenious_storage import jsondata


def nested(levels: int) -> dict[str, Any]:
    memory: dict[str, Any] = {}
    for _ in range(levels):
        memory = {"a": memory}
    return memory


@pytest.mark.parametrize(
    "memory",
    [{}, {"a": [], "b": {}, "c": [1, 2.5, None, True]}, {"text": '\u00fc\x01\x7f\u2028"\\'}],
)
def test_as_python_writes_it(memory: dict[str, Any]) -> None:
    record = {"format": FORMAT, "conversation": "chat-1", "memory": memory}
    assert as_json("chat-1", memory)[1] == json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def test_a_memory_of_any_depth_that_can_be_stored() -> None:
    memory = nested(250)
    while True:  # the deepest that is taken
        try:
            jsondata.dumps({"a": memory})
        except Exception:  # noqa: BLE001  # whatever says that it is too deep
            break
        memory = {"a": memory}
    assert json.loads(as_json("chat-1", memory)[1])["memory"] == memory
