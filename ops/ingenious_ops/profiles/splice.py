"""Changes a few values in a YAML text and leaves every other byte as people wrote it.

A round trip through a YAML library does not: ruamel.yaml keeps comments, but hangs what stands
between two sections on the last key of the first, so that a key that is added there moves them
and a key that is removed takes them along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


class NotSpliceableError(ValueError):
    """The text is written in a way that this cannot change."""


@dataclass
class Splicer:
    """Collects edits of `text`; `result` is what they make of it."""

    text: str
    _edits: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        text = self.text
        for start, end, new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def update(self, node: yaml.MappingNode, values: Mapping[str, Any], stale: set[str]) -> None:
        """Give `node` these values and take the stale keys out of it."""
        _require_lines(node)
        own = own_entries(node)
        anchor = None
        for name in values:
            if name in own:
                anchor = own[name]
        missing = {name: value for name, value in values.items() if name not in own}
        for name in values.keys() & own.keys():
            self._replace(own[name][1], own[name][0], values[name])
        for name in stale & own.keys():
            self._remove(*own[name])
        lines = block(missing, node.start_mark.column)
        if anchor is not None:
            self._after(self._end_of_line(self._end(*anchor)), lines)
        else:
            start = self._start_of_line(node.start_mark.index)
            self._edits.append((start, start, "".join(f"{line}\n" for line in lines)))

    def append(self, node: yaml.Node | None, lines: list[str]) -> None:
        """Put these lines behind the last line of `node`, or of the text."""
        _require_lines(node)
        end = len(self.text.rstrip()) if node is None else self._last(node)
        self._after(self._end_of_line(end), lines)

    def fill(self, key: yaml.Node, lines: list[str]) -> None:
        """Put these lines below a key that has no value."""
        self._after(self._end_of_line(key.end_mark.index), lines)

    def span(self, key: yaml.Node, value: yaml.Node) -> tuple[int, int]:
        """Where the lines of an entry begin and end, without the last line end.

        Raises: NotSpliceableError when it shares a line with something before it.
        """
        start = self._start_of_line(key.start_mark.index)
        if self.text[start : key.start_mark.index].strip():
            raise NotSpliceableError(f"line {key.start_mark.line + 1} does not begin with its key")
        return start, self._end_of_line(self._end(key, value))

    def replace_lines(self, span: tuple[int, int], lines: list[str]) -> None:
        """Put these lines in place of what `span` gave; none take it out."""
        start, end = span
        end = end if lines else min(end + 1, len(self.text))
        self._edits.append((start, end, "\n".join(lines)))

    def _after(self, position: int, lines: list[str]) -> None:
        if not lines:
            return
        text = "".join(f"\n{line}" for line in lines)
        if not self.text[:position].strip("\ufeff"):
            text = text[1:]
        if position == len(self.text):
            text += "\n"
        self._edits.append((position, position, text))

    def _replace(self, value: yaml.Node, key: yaml.Node, new: Any) -> None:
        if not isinstance(value, yaml.ScalarNode) or _is_elsewhere(key, value):
            raise NotSpliceableError(f"{key.value} is no plain value")
        if value.value == scalar(new) and value.style is None:
            return
        start, end = value.start_mark.index, value.end_mark.index
        gap = " " if self.text[start - 1 : start] == ":" else ""
        self._edits.append((start, end, gap + scalar(new)))

    def _remove(self, key: yaml.Node, value: yaml.Node) -> None:
        start = self._start_of_line(key.start_mark.index)
        end = self._end_of_line(self._end(key, value))
        self._edits.append((start, min(end + 1, len(self.text)), ""))

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
            raise NotSpliceableError("it ends with an alias")
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end


def own_entries(node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Key and value nodes by name, without what is merged in. Raises: NotSpliceableError."""
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        if str(key.value) in found:
            raise NotSpliceableError(f"line {key.start_mark.line + 1} repeats a key")
        if key.value != "<<":
            found[str(key.value)] = (key, value)
    return found


def block(values: Mapping[str, Any], column: int, step: int = 2) -> list[str]:
    """The lines of a mapping, mappings in it included."""
    lines: list[str] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines += [f"{' ' * column}{name}:", *block(value, column + step, step)]
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


def _require_lines(node: yaml.Node | None) -> None:
    if isinstance(node, yaml.CollectionNode) and node.flow_style:
        raise NotSpliceableError("it is written in braces or brackets")


def _is_elsewhere(key: yaml.Node, value: yaml.Node) -> bool:
    """Whether the value is an alias: its node stands where its anchor is."""
    return bool(value.start_mark.index < key.end_mark.index)
