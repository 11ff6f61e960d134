"""Reads YAML that other software shares, trusting nothing in it and remembering every line.

Nothing is ever constructed: sections that are not ours may hold what they like, as long as
`yaml.safe_load` would take it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import yaml

from ingenious_storage.config.sources.reading import error_at, read_text

if TYPE_CHECKING:
    from pathlib import Path

MAX_DEPTH: Final = 32
MAX_ALIASED_NODES: Final = 5_000
"""How many nodes aliases may repeat in one file; it bounds the depth they add as well."""

_MERGE = "tag:yaml.org,2002:merge"
_QUOTED = re.compile(r"'.*'|\".*\"")
_TAGS = frozenset({"!", *yaml.constructor.SafeConstructor.yaml_constructors})


class Entry(NamedTuple):
    """A value in a mapping, and the line of its key."""

    line: int
    node: yaml.Node


def read_yaml(path: Path, label: Path) -> yaml.Node | None:
    """The root of the one document in a file, None when it is empty.

    Raises: ConfigurationError with `label` and line, and nothing else of the file.
    """
    loader = _Loader(read_text(path, label), label)
    try:
        root = loader.get_single_node()
        return None if root is None or is_null(root) else root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else loader.line
        problem = _QUOTED.sub("'...'", ", ".join(filter(None, (error.context, error.problem))))
    # Raised out here: a YAML error in its context would quote the line, with the secrets in it.
    raise error_at(label, line + 1, f"not valid YAML: {problem}", "Correct this line.")


def entries(node: yaml.Node, label: Path, what: str) -> dict[str, Entry]:
    """The entries of a mapping, those it merges (`<<`) included.

    Raises: ConfigurationError when it is none, or has a key twice or a key that is not text.
    """
    if not isinstance(node, yaml.MappingNode):
        raise error_at(
            label, line_of(node), f"{what} is not a mapping", "Write it as `key: value`."
        )
    own: dict[str, Entry] = {}
    merged: dict[str, Entry] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        line = line_of(key)
        if not isinstance(key, yaml.ScalarNode):
            raise error_at(label, line, f"a key in {what} is not text", "Use plain names.")
        if (first := lines.get(key.value)) is not None:
            raise error_at(label, line, f"{what} repeats the key of line {first}", "Keep one.")
        lines[key.value] = line
        if key.tag == _MERGE:
            for parent in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                merged = {**entries(parent, label, f"<< in {what}"), **merged}
        else:
            own[key.value] = Entry(line, value)
    return {**merged, **own}


def is_null(node: yaml.Node) -> bool:
    """Whether a node is empty, `~` or `null`."""
    return bool(node.tag == "tag:yaml.org,2002:null")


def line_of(node: yaml.Node) -> int:
    """The line that a node begins on, from 1."""
    return int(node.start_mark.line) + 1


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses tags that `yaml.safe_load` refuses, depth, and alias bombs."""

    def __init__(self, text: str, label: Path) -> None:
        super().__init__(text)
        self._label = label
        self._sizes: dict[int, int] = {}
        self._aliased = 0
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # a gap in the stubs
        line = event.start_mark.line + 1
        if getattr(event, "tag", None) not in _TAGS:
            raise error_at(
                self._label, line, "a tag that is not allowed here", "Remove the `!...`."
            )
        if self._depth == MAX_DEPTH:
            raise error_at(self._label, line, "nested too deeply", "Is it the right file?")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if not isinstance(event, yaml.AliasEvent):
            self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in _children(node))
        elif (size := self._sizes.get(id(node))) is None:
            raise error_at(self._label, line, "an alias that refers to itself", "Remove it.")
        else:
            self._aliased += size
            if self._aliased > MAX_ALIASED_NODES:
                raise error_at(self._label, line, "aliases that repeat too much", "Write them out.")
        return node


def _children(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []
