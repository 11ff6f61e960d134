"""Profiles in the text of profiles.yml, in any shape that the runtime reads.

The shapes: a mapping or a list below `profiles:`, or a list as the whole file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from re import Pattern
from typing import Any, Final

import yaml

from ingenious_ops.profiles.errors import ProfileError
from ingenious_ops.profiles.yaml_edit import (
    STEP,
    Entry,
    NotEditableError,
    Stale,
    YamlEdit,
    block,
    own_entries,
    places,
    require_lines,
    scalar,
)
from ingenious_storage.config import is_null
from ingenious_storage.errors import NotFoundError

_STORAGE: Final = "storage"
_SECTIONS: Final = (_STORAGE, "telemetry")


@dataclass(frozen=True)
class Profiles:
    """The text of a profiles.yml, with `\\n` as line ends and without a byte order mark.

    Each method that names a profile, and `names`, raises ProfileError for a file of another shape;
    each that gives changed profiles raises NotEditableError too.
    """

    path: Path
    text: str

    def names(self) -> list[str]:
        """In the order of the file."""
        self._require_profiles()
        return list(self._entries)

    def storage(self, name: str) -> Mapping[str, Any] | None:
        """The values of the profile's own `storage:`, None without one. Raises: NotFoundError."""
        self._find(name)
        profile = _by_name(yaml.safe_load(self.text)).get(name)
        return profile.get(_STORAGE) if isinstance(profile, dict) else None

    def storage_lines(self, name: str) -> list[str]:
        """The lines of `storage:` without their indent, none without it. Raises: NotFoundError."""
        entry = self._storage_entry(name)
        return [] if entry is None else YamlEdit(self.text).lines(entry)

    def with_storage_lines(self, name: str, lines: list[str]) -> Profiles:
        """With these lines in place of those of `storage:`. Raises: NotFoundError."""
        key, profile = self._find(name)
        entry, edit = self._storage_entry(name), YamlEdit(self.text)
        if entry is not None:
            edit.replace_lines(entry, _indented(lines, entry[0].start_mark.column))
        elif is_null(profile):
            edit.fill(key, _indented(lines, key.start_mark.column + STEP))
        else:
            edit.append(profile, _indented(lines, profile.start_mark.column))
        return Profiles(self.path, edit.result())

    def with_storage(self, name: str, values: Mapping[str, Any], stale: Stale) -> Profiles:
        """With these values in `storage:`, and without the stale keys; a missing profile is made.

        Comments and other keys stay as they are.
        """
        self._require_no_bare_section()
        if name not in self._entries:
            return self.with_profile(name, block({_STORAGE: values}))
        entry = self._storage_entry(name)
        self._require_unshared(self._entries[name][1])
        if entry is None:
            return self.with_storage_lines(name, block({_STORAGE: values}))
        key, storage = entry
        edit = YamlEdit(self.text)
        if is_null(storage):
            edit.fill(key, block(values, key.start_mark.column + STEP))
        elif isinstance(storage, yaml.MappingNode):
            self._require_unshared(storage)
            edit.update(storage, values, stale)
        else:
            raise NotEditableError("its storage is no mapping", "Correct it.")
        return Profiles(self.path, edit.result())

    def with_profile(self, name: str, lines: list[str], *, note: str = "") -> Profiles:
        """With a new one behind the last, below the comment `note`, in the shape of the others."""
        key, profiles = self._home
        first = f"{scalar(name)}:"
        if isinstance(profiles, yaml.SequenceNode):
            first = f"- name: {scalar(name)}"
        new = [*([note] if note else []), first, *_indented(lines, STEP)]
        edit = YamlEdit(self.text)
        if profiles is not None:
            edit.append(profiles, _indented(new, profiles.start_mark.column))
        elif key is not None:
            edit.fill(key, _indented(new, STEP))
        else:
            edit.append(self._root, ["profiles:", *_indented(new, STEP)])
        return Profiles(self.path, edit.result())

    def without_profile(self, name: str, *, note: Pattern[str]) -> Profiles:
        """Without a profile and a comment `note` above it. Raises: NotFoundError."""
        edit = YamlEdit(self.text)
        edit.remove(self._find(name), above=note)
        return Profiles(self.path, edit.result())

    def rest(self, names: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every value of the file but the `storage:` of these profiles: top level, and profiles."""
        data = yaml.safe_load(self.text)
        profiles = _by_name(data)
        for name in names:
            kept = {k: v for k, v in (profiles.pop(name, None) or {}).items() if k != _STORAGE}
            if kept.keys() - {"name"}:
                profiles[name] = kept
        top = data if isinstance(data, dict) else {}
        return {key: value for key, value in top.items() if key != "profiles"}, profiles

    @cached_property
    def _root(self) -> yaml.CollectionNode | None:
        root = yaml.compose(self.text, Loader=yaml.SafeLoader)
        if root is None or is_null(root):
            return None
        if not isinstance(root, yaml.CollectionNode):
            raise ProfileError(f"{self.path} holds neither a mapping nor a list")
        return root

    @cached_property
    def _home(self) -> tuple[yaml.Node | None, yaml.CollectionNode | None]:
        """What holds the profiles, None if there are none yet; its key, None if it has none."""
        root = self._root
        if not isinstance(root, yaml.MappingNode):
            return None, root
        key, profiles = own_entries(root).get("profiles", (None, None))
        if profiles is None or is_null(profiles):
            return key, None
        if not isinstance(profiles, yaml.CollectionNode):
            raise ProfileError(f"profiles in {self.path} is neither a mapping nor a list")
        return key, profiles

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        _, profiles = self._home
        if isinstance(profiles, yaml.MappingNode):
            return own_entries(profiles)
        found: dict[str, Entry] = {}
        for item in profiles.value if profiles is not None else []:
            name = own_entries(item).get("name") if isinstance(item, yaml.MappingNode) else None
            if name is not None:
                found[str(name[1].value)] = (item, item)
        return found

    def _find(self, name: str) -> Entry:
        self._require_profiles()
        if name not in self._entries:
            raise NotFoundError(
                f"there is no profile {name!a} in {self.path}",
                hint=f"It has {', '.join(sorted(self._entries)) or 'none with a name'}.",
            )
        return self._entries[name]

    def _storage_entry(self, name: str) -> Entry | None:
        _, profile = self._find(name)
        if is_null(profile):
            return None
        if not isinstance(profile, yaml.MappingNode):
            raise NotEditableError("it is no mapping", "Correct it.")
        require_lines(profile)
        return own_entries(profile).get(_STORAGE)

    def _require_profiles(self) -> None:
        if isinstance(self._root, yaml.MappingNode) and self._home[0] is None:
            raise ProfileError(
                f"{self.path} has no profile with a name",
                hint="Move what is there below `profiles:` and a name. Nothing was written.",
            )

    def _require_no_bare_section(self) -> None:
        own = own_entries(self._root) if isinstance(self._root, yaml.MappingNode) else {}
        if bare := [section for section in _SECTIONS if section in own]:
            raise ProfileError(
                f"{self.path} holds one profile without a name: {bare[0]} stands at its top",
                hint="Move that below `profiles:` and a name, such as `default:`, or write to "
                "another file with --profiles. Nothing was written.",
            )

    def _require_unshared(self, node: yaml.Node) -> None:
        if self._root is not None and places(self._root, node) > 1:
            raise NotEditableError("another profile shares it by an alias", "Write out both.")


def _by_name(data: Any) -> dict[str, Any]:
    found = data.get("profiles") if isinstance(data, dict) else data
    if isinstance(found, list):
        return {str(each.get("name")): each for each in found if isinstance(each, dict)}
    return {str(name): profile for name, profile in (found or {}).items()}


def _indented(lines: list[str], column: int) -> list[str]:
    return [" " * column + line if line else line for line in lines]
