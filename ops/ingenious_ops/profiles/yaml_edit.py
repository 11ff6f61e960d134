"""Edits of a YAML text: a few values change, and every other byte stays as people wrote it.

A round trip through a YAML library does not: ruamel.yaml keeps comments, but hangs what stands
between two sections on the last key of the first, so that a key that is added there moves them
and a key that is removed takes them along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from ingenious_storage.config import is_null

Entry = tuple[yaml.Node, yaml.Node]
"""Key and value of a mapping; an item of a list is both."""
Stale = Mapping[str, Collection[str] | None]
"""Keys to take out, with the values for which; None for whatever they hold."""
STEP: Final = 2
"""Columns that a nested mapping is indented by."""


class NotEditableError(ValueError):
    """The text is written in a way that these edits cannot change; `hint` says what would help."""

    def __init__(self, problem: str, hint: str = "Write it as lines of `key: value`.") -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass
class YamlEdit:
    """Collected changes of `text`; `result` is the text that they make.

    Each method raises NotEditableError.
    """

    text: str
    _edits: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        """The text with all changes made."""
        text = self.text
        for start, end, new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def update(self, node: yaml.MappingNode, values: Mapping[str, Any], stale: Stale) -> None:
        """Give `node` these values, and take out the stale keys that are not among them."""
        require_lines(node)
        own = own_entries(node)
        shared = [name for name in values if name in own]
        for name in shared:
            self._set(*own[name], values[name])
        for name in stale.keys() & own.keys() - values.keys():
            only = stale[name]
            if only is None or own[name][1].value in only:
                self.remove(own[name])
        missing = {name: value for name, value in values.items() if name not in own}
        lines = block(missing, node.start_mark.column)
        if shared:
            self._after(self._end_of_line(self._end(*own[shared[-1]])), lines)
        else:
            start = self._start_of_line(node.start_mark.index)
            self._edits.append((start, start, "".join(f"{line}\n" for line in lines)))

    def append(self, node: yaml.Node | None, lines: list[str]) -> None:
        """Put these lines behind the last line of `node`, or of the text."""
        require_lines(node)
        end = len(self.text.rstrip()) if node is None else self._last(node)
        self._after(self._end_of_line(end), lines)

    def fill(self, key: yaml.Node, lines: list[str]) -> None:
        """Put these lines below a key that has no value."""
        self._after(self._end_of_line(key.end_mark.index), lines)

    def lines(self, entry: Entry) -> list[str]:
        """The lines of an entry as they are, without its indent."""
        start, end = self._span(*entry)
        column = entry[0].start_mark.column
        lines = self.text[start:end].split("\n")
        return [line[column:] if not line[:column].strip() else line.lstrip() for line in lines]

    def replace_lines(self, entry: Entry, lines: list[str]) -> None:
        """Put these lines in place of an entry."""
        self._edits.append((*self._span(*entry), "\n".join(lines)))

    def remove(self, entry: Entry, *, above: re.Pattern[str] | None = None) -> None:
        """Take out the lines of an entry, and what of the text before them ends with `above`."""
        start, end = self._span(*entry)
        comment = above and above.search(self.text, 0, start)
        self._edits.append((comment.start() if comment else start, end + 1, ""))

    def _span(self, key: yaml.Node, value: yaml.Node) -> tuple[int, int]:
        """Where the lines of an entry begin and end, without the last line end."""
        start = self._start_of_line(key.start_mark.index)
        if self.text[start : key.start_mark.index].strip() not in ({"-"} if key is value else {""}):
            raise NotEditableError(f"line {key.start_mark.line + 1} does not begin with its key")
        return start, self._end_of_line(self._end(key, value))

    def _after(self, position: int, lines: list[str]) -> None:
        if not lines:
            return
        text = "".join(f"\n{line}" for line in lines)
        if not self.text[:position].strip("\ufeff"):
            text = text[1:]
        if position == len(self.text):
            text += "\n"
        self._edits.append((position, position, text))

    def _set(self, key: yaml.Node, value: yaml.Node, new: Any) -> None:
        """A mapping in a mapping is updated too; one that is empty is filled."""
        if not isinstance(new, Mapping):
            self._replace(key, value, new)
        elif _is_elsewhere(key, value):
            raise NotEditableError(f"{key.value} is an alias")
        elif isinstance(value, yaml.MappingNode):
            self.update(value, new, {})
        elif is_null(value):
            self.fill(key, block(new, key.start_mark.column + STEP))
        else:
            raise NotEditableError(f"{key.value} is no mapping", "Correct it.")

    def _replace(self, key: yaml.Node, value: yaml.Node, new: Any) -> None:
        if not isinstance(value, yaml.ScalarNode) or _is_elsewhere(key, value):
            raise NotEditableError(f"{key.value} is no plain value")
        if value.value == scalar(new) and value.style is None:
            return
        start, end = value.start_mark.index, value.end_mark.index
        gap = " " if self.text[start - 1 : start] == ":" else ""
        self._edits.append((start, end, gap + scalar(new)))

    def _end(self, key: yaml.Node, value: yaml.Node) -> int:
        return key.end_mark.index if _is_elsewhere(key, value) else self._last(value)

    def _last(self, node: yaml.Node) -> int:
        """Where the content of a node ends: its own end mark may be behind comments."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            end = int(node.end_mark.index)
            return max(len(self.text[:end].rstrip()), int(node.start_mark.index))
        if isinstance(node, yaml.MappingNode):
            return self._end(*node.value[-1])
        last = node.value[-1]
        return self._last(last) if last.start_mark.index >= node.start_mark.index else -1

    def _start_of_line(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _end_of_line(self, index: int) -> int:
        if index < 0:
            raise NotEditableError("it ends with an alias")
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end


def own_entries(node: yaml.MappingNode) -> dict[str, Entry]:
    """Key and value nodes by name, without what is merged in. Raises: NotEditableError."""
    found: dict[str, Entry] = {}
    for key, value in node.value:
        if str(key.value) in found:
            raise NotEditableError(f"line {key.start_mark.line + 1} repeats a key")
        if key.value != "<<":
            found[str(key.value)] = (key, value)
    return found


def block(values: Mapping[str, Any], column: int = 0) -> list[str]:
    """The lines of a mapping, mappings in it included."""
    lines: list[str] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines += [f"{' ' * column}{name}:", *block(value, column + STEP)]
        else:
            lines.append(f"{' ' * column}{name}: {scalar(value)}")
    return lines


def scalar(value: Any) -> str:
    """As YAML of one line."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        is_plain = yaml.safe_load(f"- {value}\n") == [value] and value.isprintable()
    except yaml.YAMLError:
        is_plain = False
    return value if is_plain else json.dumps(value)


def places(root: yaml.Node, wanted: yaml.Node) -> int:
    """In how many places a node stands; more than one means an alias or a merge."""
    return sum(child is wanted for child in _children(root))


def _children(root: yaml.Node) -> Iterator[yaml.Node]:
    """The children of every node, each node once however often it stands."""
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            continue
        for part in node.value:
            for child in part if isinstance(part, tuple) else (part,):
                yield child
                if id(child) not in seen:
                    seen.add(id(child))
                    waiting.append(child)


def require_lines(node: yaml.Node | None) -> None:
    """Raises: NotEditableError for a mapping or list in flow style."""
    if isinstance(node, yaml.CollectionNode) and node.flow_style:
        raise NotEditableError("it is written in braces or brackets")


def _is_elsewhere(key: yaml.Node, value: yaml.Node) -> bool:
    """Whether the value is an alias: its node stands where its anchor is."""
    return key is not value and bool(value.start_mark.index < key.end_mark.index)
