"""Messages: a memory as people read it, whichever framework has written it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from ingenious_ops.console.shown.json_text import indented

SHOWN: Final = 700
"""Characters of a text that stand open; the rest is folded, when it is half as much at least."""
LINES: Final = 16
MOST: Final = 50_000
"""Characters of one text on a page; more is in the raw JSON."""
_ROLES: Final = ("role", "type")
_SPOKEN: Final = {"human": "user", "ai": "assistant", "model": "assistant"}
"""Roles that frameworks name otherwise."""
_RESULTS: Final = {"tool", "function"}
"""Roles of tools, which often answer JSON in a text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message."""

    kind: Literal["text", "code"]
    title: str
    """Such as "calls search"; "" for what is simply said."""
    text: str
    folded: str
    """What follows `text` when somebody unfolds it."""
    left_out: int
    """Characters beyond that."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    number: int
    """Counts from 1."""
    role: str
    name: str
    """Of who speaks, "" where the message says none."""
    parts: tuple[Part, ...]
    rest: str
    """All other fields as JSON, "" for none."""


def messages_in(data: Any) -> list[Any] | None:
    """The messages of a memory; None for a memory of another shape."""
    found = data.get("messages") if isinstance(data, dict) else data
    if isinstance(found, list) and found and all(map(_is_message, found)):
        return found
    return None


def message_of(number: int, raw: dict[str, Any]) -> Message:
    """One message of the list."""
    fields = _fields(raw)
    role, name = _role(raw), fields.get("name")
    said = _answered if role in _RESULTS else _content
    parts = (*said(fields.get("content")), *_calls(fields.get("tool_calls")))
    rest = {key: value for key, value in fields.items() if not _is_shown(key, value, role)}
    return Message(
        number,
        _SPOKEN.get(role, role),
        name if isinstance(name, str) else "",
        parts,
        indented(rest) if rest else "",
    )


def _fields(raw: dict[str, Any]) -> dict[str, Any]:
    """With those that LangChain keeps below `data`."""
    nested = raw.get("data")
    if "content" in raw or not isinstance(nested, dict):
        return raw
    return {**{key: value for key, value in raw.items() if key != "data"}, **nested}


def _role(raw: dict[str, Any]) -> str:
    role: str = next(raw[key] for key in _ROLES if isinstance(raw.get(key), str))
    return role


def _is_shown(key: str, value: Any, role: str) -> bool:
    """Whether a field stands in the message itself, or says nothing."""
    if key in _ROLES:
        return bool(value == role)
    return (
        key in {"content", "tool_calls"}
        or (key == "name" and isinstance(value, str))
        or value in (None, [], {})
    )


def _is_message(raw: Any) -> bool:
    """Whether somebody says something in it."""
    if not isinstance(raw, dict) or not any(isinstance(raw.get(key), str) for key in _ROLES):
        return False
    return any(key in raw for key in ("content", "tool_calls", "data"))


def _content(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        if content:
            yield _part("text", "", content)
    elif isinstance(content, list):
        for item in content:
            yield from _item(item)
    elif content is not None:
        yield _part("code", "", indented(content))


def _answered(content: Any) -> Iterator[Part]:
    found = _unpacked(content)
    if found is content:
        yield from _content(content)
    else:
        yield _part("code", "", indented(found))


def _item(item: Any) -> Iterator[Part]:
    match item:
        case str(text) | {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            yield _part("text", "", text)
        case {"type": "tool_use", "name": str(name), "input": given}:
            yield _part("code", f"calls {name}", indented(given))
        case {"type": "tool_result", "content": result}:
            yield from _titled("result", result)
        case {"type": str(kind)}:
            yield _part("code", kind, indented(item))
        case _:
            yield _part("code", "", indented(item))


def _titled(title: str, content: Any) -> Iterator[Part]:
    yield _part("code", title, _as_text(content))


def _calls(calls: Any) -> Iterator[Part]:
    for call in calls if isinstance(calls, list) else ():
        match call:
            case {"function": {"name": str(name), "arguments": given}}:
                yield _part("code", f"calls {name}", _as_text(_unpacked(given)))
            case {"name": str(name), "args": given}:
                yield _part("code", f"calls {name}", indented(given))
            case _:
                yield _part("code", "call", indented(call))


def _unpacked(given: Any) -> Any:
    """The object or list in a text; what a model wrote may be none."""
    if not isinstance(given, str) or given[:1] not in {"{", "["}:
        return given
    try:
        return orjson.loads(given)
    except ValueError:
        return given


def _as_text(given: Any) -> str:
    return given if isinstance(given, str) else indented(given)


def _part(kind: Literal["text", "code"], title: str, text: str) -> Part:
    cut = _cut(text)
    return Part(kind, title, text[:cut], text[cut:MOST], max(0, len(text) - MOST))


def _cut(text: str) -> int:
    """Where the fold is: at the end of a line or a word when there is one near."""
    if len(text) <= SHOWN * 3 // 2 and text.count("\n") <= LINES * 3 // 2:
        return len(text)
    end, at = min(len(text), SHOWN), -1
    for _ in range(LINES):
        at = text.find("\n", at + 1, end)
        if at < 0:
            break
    else:
        return at + 1
    space = text.rfind(" ", end - 80, end)
    return end if space < 0 else space + 1
