"""Our sections of config.yml and profiles.yml, which are shared with other software."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import yaml

from ingenious_storage.config.keys import ROOTS, Known, known_near
from ingenious_storage.config.sources.layers import Layer, Origin, Setting
from ingenious_storage.config.sources.reading import error_at
from ingenious_storage.config.sources.yaml_file import (
    Entry,
    entries,
    is_null,
    line_of,
    read_yaml,
)
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from ingenious_storage.config.sources.variables import Named, Variables

_OURS: Final = frozenset({*ROOTS, "profiles"})
_VARIABLE: Final = re.compile(r"\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\})?")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """One YAML file, how to name it, and the variables that its values may use."""

    path: Path
    label: Path
    variables: Variables

    def config(self) -> Layer:
        """The values of a config.yml. Raises: ConfigurationError."""
        root = read_yaml(self.path, self.label)
        return {} if root is None else self._sections(root, "config")

    def profile(self, chosen: Named | None) -> Layer:
        """The profile that was chosen; without that the anonymous one, if there is one.

        Raises: ConfigurationError when there is no such profile.
        """
        profiles = self._profiles()
        name = None if chosen is None else chosen.text
        if chosen is None or name in profiles:
            node = profiles.get(name)
            return {} if node is None else self._sections(node, "profile")
        names = ", ".join(sorted(filter(None, profiles))) or "none with a name"
        raise ConfigurationError(
            f"there is no profile {name!a}{chosen.by} in {self.label}", hint=f"It has {names}."
        )

    def profile_names(self) -> list[str]:
        """In the order of the file; the anonymous profile has none. Raises: ConfigurationError."""
        return [name for name in self._profiles() if name is not None]

    def _profiles(self) -> dict[str | None, yaml.Node]:
        """By name, in any of the three shapes; None is the name of a bare `storage:`."""
        root = read_yaml(self.path, self.label)
        if root is None:
            return {}
        if isinstance(root, yaml.SequenceNode):
            return self._named(root)
        found = self._top(root, "the file")
        bare = [section for section in ROOTS if section in found]
        if "profiles" not in found:
            return {None: root} if bare else {}
        if bare:
            raise error_at(
                self.label,
                found[bare[0]].line,
                f"{bare[0]} stands beside profiles",
                "Move it into a profile, or into config.yml if it is for all of them.",
            )
        node = found["profiles"].node
        if is_null(node):
            return {}
        if isinstance(node, yaml.SequenceNode):
            return self._named(node)
        return {name: each.node for name, each in entries(node, self.label, "profiles").items()}

    def _named(self, items: yaml.SequenceNode) -> dict[str | None, yaml.Node]:
        """The framework's shape, a list of `- name: dev`; items without a name are not ours."""
        profiles: dict[str | None, yaml.Node] = {}
        for item in items.value:
            name = entries(item, self.label, "a profile").get("name")
            if name is None or not isinstance(name.node, yaml.ScalarNode):
                continue
            if name.node.value in profiles:
                raise error_at(
                    self.label, name.line, "a profile's name is there twice", "Keep one."
                )
            profiles[name.node.value] = item
        return profiles

    def _sections(self, root: yaml.Node, kind: Literal["config", "profile"]) -> Layer:
        if is_null(root):
            return {}
        layer: Layer = {}
        found = self._top(root, "the file" if kind == "config" else "the profile")
        for section in ROOTS:
            if section in found and not is_null(found[section].node):
                for name, child in entries(found[section].node, self.label, section).items():
                    self._collect(layer, f"{section}.{name}", child, kind)
        return layer

    def _top(self, root: yaml.Node, what: str) -> dict[str, Entry]:
        """Other software's keys are left alone, but not ours in other letters."""
        found = entries(root, self.label, what)
        for name, entry in found.items():
            if name.lower() in _OURS and name not in _OURS:
                raise error_at(
                    self.label,
                    entry.line,
                    f"{name} is not a key that exists",
                    f"Did you mean {name.lower()}?",
                )
        return found

    def _collect(
        self, layer: Layer, key: str, entry: Entry, kind: Literal["config", "profile"]
    ) -> None:
        """Add `key`, or every key below it, to the layer."""
        line, node = entry
        if isinstance(node, yaml.MappingNode) and key in _known(key).groups:
            for name, child in entries(node, self.label, key).items():
                self._collect(layer, f"{key}.{name}", child, kind)
        elif not (is_null(node) and key in _known(key).groups):  # an empty section says nothing
            origin = Origin(kind, file=self.label, line=line)
            layer[key] = Setting(self._value(node, key), origin)

    def _value(self, node: yaml.Node, key: str) -> Any:
        """Text, None, or a list or a table of them: what a text means is for the model to say."""
        if isinstance(node, yaml.SequenceNode):
            return [self._text(child, key) for child in node.value]
        if isinstance(node, yaml.MappingNode) and key in _known(key).tables:
            return self._table(node, key)
        return self._text(node, key)

    def _table(self, node: yaml.MappingNode, key: str) -> dict[str, Any]:
        found = entries(node, self.label, key).items()
        return {
            name: self._table(child, key)
            if isinstance(child, yaml.MappingNode)
            else self._value(child, key)
            for name, (_, child) in found
        }

    def _text(self, node: yaml.Node, key: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            return {}  # no key takes it, and none of its content is needed to say so
        return None if is_null(node) else self._expanded(node.value, line_of(node), key) or None

    def _expanded(self, text: str, line: int, key: str) -> str:
        def value_of(match: re.Match[str]) -> str:
            name, default = match.groups()
            if name is None:
                raise error_at(
                    self.label,
                    line,
                    f"{key} has a '${{' that names no variable",
                    "Write ${NAME} or ${NAME:default}.",
                )
            value = self.variables.get(name) or default
            if value is None:
                raise error_at(
                    self.label,
                    line,
                    f"{key} needs the variable {name}, which is not set",
                    f"Set {name}, or write ${{{name}:default}}.",
                )
            return value

        return _VARIABLE.sub(value_of, text)


def _known(key: str) -> Known:
    try:
        return known_near(key)
    except ConfigurationError:  # `check_keys` raises it, with the place
        return Known((), frozenset())
