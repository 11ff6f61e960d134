"""Profiles in the text of profiles.yml, and their `storage:` as lines, in any shape of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ingenious_ops.infra.errors import ProfileError
from ingenious_ops.profiles.splice import NotSpliceableError, Splicer, own_entries, scalar
from ingenious_storage.config.sources.yaml_file import is_null
from ingenious_storage.errors import NotFoundError

_STEP: Final = 2
STORAGE: Final = "storage"


@dataclass(frozen=True, slots=True)
class Profiles:
    """The text of a profiles.yml, with `\\n` as line ends and without a byte order mark."""

    path: Path
    text: str

    def storage(self, name: str) -> Mapping[str, Any] | None:
        """The values of the profile's own `storage:`, None without one. Raises: NotFoundError."""
        self._find(name)
        profile = by_name(yaml.safe_load(self.text)).get(name) or {}
        found: Mapping[str, Any] | None = profile.get(STORAGE)
        return found

    def names(self) -> list[str]:
        return list(_profiles(self.path, self._root))

    @property
    def _root(self) -> yaml.Node | None:
        return yaml.compose(self.text, Loader=yaml.SafeLoader)

    def _find(self, name: str) -> tuple[yaml.Node, yaml.Node]:
        """The key and the value of a profile; of a list the item is both."""
        found = _profiles(self.path, self._root)
        if name not in found:
            raise NotFoundError(
                f"there is no profile {name!a} in {self.path}",
                hint=f"It has {', '.join(sorted(found)) or 'none with a name'}.",
            )
        return found[name]

    def lines(self, name: str) -> list[str] | None:
        """The entry `storage:` of a profile without its indent, None where there is none."""
        entry = self._entry(name)
        if entry is None:
            return None
        try:
            start, end = Splicer(self.text).span(*entry)
        except NotSpliceableError as error:
            raise self.refused(name, str(error)) from None
        column = entry[0].start_mark.column
        lines = self.text[start:end].split("\n")
        return [line[column:] if not line[:column].strip() else line.lstrip() for line in lines]

    def _entry(self, name: str) -> tuple[yaml.Node, yaml.Node] | None:
        _, profile = self._find(name)
        if is_null(profile):
            return None
        if not isinstance(profile, yaml.MappingNode) or profile.flow_style:
            raise self.refused(name, "it is not written as lines of `key: value`")
        return own_entries(profile).get(STORAGE)

    def with_storage(self, name: str, lines: list[str] | None) -> Profiles:
        key, profile = self._find(name)
        entry, splicer = self._entry(name), Splicer(self.text)
        if entry is not None:
            column = entry[0].start_mark.column
            splicer.replace_lines(splicer.span(*entry), _indented(lines or [], column))
        elif is_null(profile):
            splicer.fill(key, _indented(lines or [], key.start_mark.column + _STEP))
        else:
            splicer.append(profile, _indented(lines or [], profile.start_mark.column))
        return Profiles(self.path, splicer.result())

    def with_profile(self, name: str, lines: list[str] | None, note: list[str]) -> Profiles:
        """Behind the last one, in the shape of the others."""
        root = self._root
        profiles = root
        if isinstance(root, yaml.MappingNode):
            profiles = own_entries(root)["profiles"][1]
        assert isinstance(profiles, yaml.CollectionNode)
        column = profiles.start_mark.column
        new = [*note, f"{scalar(name)}:", *_indented(lines or [], _STEP)]
        if isinstance(profiles, yaml.SequenceNode):
            new = [*note, f"- name: {scalar(name)}", *_indented(lines or [], _STEP)]
        splicer = Splicer(self.text)
        splicer.append(profiles, _indented(new, column))
        return Profiles(self.path, splicer.result())

    def without_profile(self, name: str) -> Profiles:
        key, profile = self._find(name)
        splicer = Splicer(self.text)
        start = self.text.rfind("\n", 0, key.start_mark.index) + 1
        end = splicer.span(*_last_entry(profile))[1] if key is profile else None
        if end is None:
            start, end = splicer.span(key, profile)
        before = self.text[:start]
        line = before.rstrip("\n").rpartition("\n")[2]
        if line.strip().startswith("# The storage of ") and " before it was cut over" in line:
            start = before.rindex(line)
        splicer.replace_lines((start, end), [])
        return Profiles(self.path, splicer.result())

    def refused(self, name: str, problem: str) -> ProfileError:
        return ProfileError(
            f"the profile {name} in {self.path} cannot be moved: {problem}",
            hint="Write its `storage:` as lines of `key: value`. Nothing was written.",
        )


def _profiles(path: Path, root: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    if isinstance(root, yaml.MappingNode):
        own = own_entries(root)
        if "profiles" not in own:
            raise ProfileError(
                f"{path} has no profile with a name",
                hint="Move what is there below `profiles:` and a name. Nothing was written.",
            )
        root = own["profiles"][1]
    if isinstance(root, yaml.MappingNode):
        return own_entries(root)
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for item in root.value if isinstance(root, yaml.SequenceNode) else []:
        name = own_entries(item).get("name") if isinstance(item, yaml.MappingNode) else None
        if name is not None:
            found[str(name[1].value)] = (item, item)
    return found


def _last_entry(profile: yaml.Node) -> tuple[yaml.Node, yaml.Node]:
    key, value = profile.value[-1]
    return key, value


def by_name(data: Any) -> dict[str, Any]:
    found = data if isinstance(data, list) else (data or {}).get("profiles") or {}
    if isinstance(found, list):
        return {str(each.get("name")): each for each in found if isinstance(each, dict)}
    return {str(name): profile for name, profile in found.items()}


def _indented(lines: list[str], column: int) -> list[str]:
    return [" " * column + line if line else line for line in lines]
