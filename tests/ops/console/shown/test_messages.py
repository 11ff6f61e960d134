"""Messages of the frameworks that write memories, as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_ops.console.shown.messages import MOST, SHOWN, message_of, messages_in
from ingenious_ops.console.shown.trees import MOST_LEVELS, MOST_NODES, Node, tree_of

_CALL: dict[str, Any] = {"name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("raw", "role", "parts"),
    [
        ({"role": "user", "content": "Hello"}, "user", [("", "Hello")]),
        ({"role": "user", "content": ""}, "user", []),
        ({"role": "assistant", "content": None}, "assistant", []),
        (
            {"role": "user", "content": [{"type": "text", "text": "Look"}, "here"]},
            "user",
            [("", "Look"), ("", "here")],
        ),
        (
            {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": [1]}]},
            "assistant",
            [("calls find", "[\n  1\n]")],
        ),
        (
            {"role": "user", "content": [{"type": "tool_result", "content": "42"}]},
            "user",
            [("result", "42")],
        ),
        (
            {"role": "assistant", "tool_calls": [{"function": _CALL}]},
            "assistant",
            [("calls f", "{}")],
        ),
        (
            {"role": "assistant", "tool_calls": [{"function": {**_CALL, "arguments": "{no"}}]},
            "assistant",
            [("calls f", "{no")],
        ),
        (
            {"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"a": 1}}]},
            "assistant",
            [("calls f", '{\n  "a": 1\n}')],
        ),
        ({"type": "human", "data": {"content": "Hi", "type": "human"}}, "user", [("", "Hi")]),
        ({"role": "tool", "content": '{"a": 1}'}, "tool", [("", '{\n  "a": 1\n}')]),
        ({"role": "tool", "content": "no JSON"}, "tool", [("", "no JSON")]),
        ({"role": "user", "content": 7}, "user", [("", "7")]),
        (
            {"role": "user", "content": [None, {"type": "image_url"}]},
            "user",
            [("", "null"), ("image_url", '{\n  "type": "image_url"\n}')],
        ),
        ({"role": "x", "content": "", "tool_calls": "none"}, "x", []),
    ],
    ids=str,
)
def test_what_is_said(raw: dict[str, Any], role: str, parts: list[tuple[str, str]]) -> None:
    assert messages_in([raw]) == [raw]
    found = message_of(1, raw)
    assert found.role == role
    assert [(part.title, part.text) for part in found.parts] == parts


def test_no_field_is_lost() -> None:
    found = message_of(1, {"role": "user", "content": "a", "name": "Ana", "id": 7, "extra": {}})
    assert found.name == "Ana"
    assert found.rest == '{\n  "id": 7\n}'


@pytest.mark.parametrize(
    "data",
    [
        None,
        1,
        "text",
        [],
        {},
        {"messages": []},
        {"messages": "none"},
        [1],
        [{"role": 1}],
        [{"role": "user"}],
        {"messages": [{"role": "user", "content": "a"}, 1]},
    ],
    ids=str,
)
def test_what_holds_no_messages(data: Any) -> None:
    assert messages_in(data) is None


@pytest.mark.parametrize("length", [1, SHOWN, SHOWN * 3 // 2, SHOWN * 2, MOST, MOST + 7])
@pytest.mark.parametrize("unit", ["a", "word ", "a line\n"])
def test_a_long_text_is_folded_and_nothing_of_it_is_lost(length: int, unit: str) -> None:
    text = (unit * length)[:length]
    [part] = message_of(1, {"role": "user", "content": text}).parts
    assert part.text + part.folded == text[:MOST]
    assert part.left_out == max(0, length - MOST)
    assert len(part.text) <= SHOWN * 3 // 2
    assert not part.folded or len(part.folded) > SHOWN // 3


def test_a_tree_of_anything() -> None:
    root = tree_of({"a": [1, "x"], "b": None, "c": {}})
    found = [(node.key, node.text) for node in root.children]
    assert found == [("a", "[2]"), ("b", "null"), ("c", "{}")]
    assert [node.text for node in root.children[0].children] == ["1", '"x"']


def _count(node: Node) -> int:
    return 1 + sum(map(_count, node.children))


def test_a_large_tree_is_cut_and_says_so() -> None:
    root = tree_of([[n] for n in range(5_000)])
    assert _count(root) <= MOST_NODES
    assert root.left_out == 5_000 - len(root.children)


def test_a_deep_tree_ends_as_text() -> None:
    data: Any = 1
    for _ in range(100):
        data = [data]
    node, levels = tree_of(data), 0
    while node.children:
        node, levels = node.children[0], levels + 1
    assert levels == MOST_LEVELS
    assert node.text.count("[") == 100 - MOST_LEVELS
