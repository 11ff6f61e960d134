"""Finds a profile in the text of profiles.yml, in any shape that the runtime reads, and edits it.

The shapes: a mapping or a list below `profiles:`, or a list as the whole file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from ingenious_ops.infra.errors import ProfileError
from ingenious_ops.profiles.splice import NotSpliceableError, Splicer, block, own_entries, places
from ingenious_storage.config.sources.yaml_file import is_null

_KEYS: Final = frozenset({"connection_string", "account_key", "sas_token"})
"""Secrets, and what would speak against the account of the stack; also names of credentials."""
_OURS: Final = _KEYS | {"endpoint"}
_SECTIONS: Final = ("storage", "telemetry")
_STEP: Final = 2


@dataclass(frozen=True)
class ProfileText:
    """The text of a file, and the `storage:` that its profile `name` shall have."""

    path: Path
    text: str
    name: str
    storage: Mapping[str, Any]

    def edited(self) -> str:
        """Raises: ProfileError."""
        try:
            self._in_file(self._root)
        except NotSpliceableError as error:
            raise self._refused(str(error), "Write it as lines of `key: value`.") from None
        text = self._splicer.result()
        self._check(yaml.safe_load(text))
        return text

    @cached_property
    def _root(self) -> yaml.Node | None:
        return yaml.compose(self.text, Loader=yaml.SafeLoader)

    @cached_property
    def _splicer(self) -> Splicer:
        return Splicer(self.text)

    @property
    def _profile(self) -> dict[str, Any]:
        return {self.name: {"storage": self.storage}}

    def _in_file(self, root: yaml.Node | None) -> None:
        if root is None or is_null(root):
            self._splicer.append(None, block({"profiles": self._profile}, 0))
        elif isinstance(root, yaml.SequenceNode):
            self._in_list(root)
        elif isinstance(root, yaml.MappingNode):
            self._in_root(root)
        else:
            raise ProfileError(f"{self.path} holds neither a mapping nor a list")

    def _in_root(self, root: yaml.MappingNode) -> None:
        own = own_entries(root)
        if bare := [section for section in _SECTIONS if section in own]:
            raise ProfileError(
                f"{self.path} holds one profile without a name: {bare[0]} stands at its top",
                hint="Move that below `profiles:` and a name, such as `default:`, or write to "
                "another file with --profiles. Nothing was written.",
            )
        if "profiles" not in own:
            self._splicer.append(root, block({"profiles": self._profile}, 0))
            return
        key, profiles = own["profiles"]
        if is_null(profiles):
            self._splicer.fill(key, block(self._profile, _STEP))
        elif isinstance(profiles, yaml.SequenceNode):
            self._in_list(profiles)
        elif isinstance(profiles, yaml.MappingNode):
            self._in_mapping(profiles)
        else:
            raise ProfileError(f"profiles in {self.path} is neither a mapping nor a list")

    def _in_mapping(self, profiles: yaml.MappingNode) -> None:
        column, own = profiles.start_mark.column, own_entries(profiles)
        if self.name not in own:
            self._splicer.append(profiles, block(self._profile, column))
            return
        key, profile = own[self.name]
        if is_null(profile):
            self._splicer.fill(key, block({"storage": self.storage}, column + _STEP))
        else:
            self._in_profile(profile)

    def _in_list(self, profiles: yaml.SequenceNode) -> None:
        for item in profiles.value:
            name = own_entries(item).get("name") if isinstance(item, yaml.MappingNode) else None
            if name is not None and name[1].value == self.name:
                self._in_profile(item)
                return
        dash = " " * profiles.start_mark.column + "- "
        first, *rest = block({"name": self.name, "storage": self.storage}, len(dash))
        self._splicer.append(profiles, [dash + first.lstrip(), *rest])

    def _in_profile(self, profile: yaml.Node) -> None:
        if not isinstance(profile, yaml.MappingNode):
            raise self._refused("it is no mapping")
        self._require_unshared(profile)
        column, own = profile.start_mark.column, own_entries(profile)
        if "storage" not in own:
            self._splicer.append(profile, block({"storage": self.storage}, column))
            return
        key, storage = own["storage"]
        if is_null(storage):
            self._splicer.fill(key, block(self.storage, column + _STEP))
        elif isinstance(storage, yaml.MappingNode):
            self._require_unshared(storage)
            self._splicer.update(storage, self.storage, _stale(storage, self.storage))
        else:
            raise self._refused("its storage is no mapping")

    def _require_unshared(self, node: yaml.Node) -> None:
        if self._root is not None and places(self._root, node) > 1:
            raise self._refused("another profile shares it by an alias", "Write out both of them.")

    def _check(self, after: Any) -> None:
        """That the text says what was meant, and the same as before of everything else."""
        found = _profile_in(after, self.name).get("storage") or {}
        if inherited := sorted(_OURS & found.keys() - self.storage.keys()):
            raise self._refused(
                f"it inherits {', '.join(inherited)} by `<<`", "Take it out of what it inherits."
            )
        meant = all(found.get(key) == value for key, value in self.storage.items())
        if not meant or _rest(after, self.name) != _rest(yaml.safe_load(self.text), self.name):
            raise self._refused("its form is unusual", "Write these values by hand.")

    def _refused(self, problem: str, hint: str = "Correct it.") -> ProfileError:
        return ProfileError(
            f"the profile {self.name} in {self.path} cannot be written: {problem}",
            hint=f"{hint} Nothing was written.",
        )


def _stale(node: yaml.MappingNode, storage: Mapping[str, Any]) -> set[str]:
    """What must not stay beside these values."""
    credential = own_entries(node).get("credential")
    is_key = credential is not None and credential[1].value in _KEYS
    return {*_OURS - storage.keys(), *(["credential"] if is_key else [])}


def _profiles_in(data: Any) -> dict[str, Any]:
    found = data if isinstance(data, list) else (data or {}).get("profiles") or {}
    if isinstance(found, list):
        return {str(each.get("name")): each for each in found if isinstance(each, dict)}
    return dict(found)


def _profile_in(data: Any, name: str) -> dict[str, Any]:
    return _profiles_in(data).get(name) or {}


def _rest(data: Any, name: str) -> Any:
    """Everything but the `storage:` of this profile."""
    profiles = _profiles_in(data)
    profile = profiles.pop(name, None) or {}
    kept = {key: value for key, value in profile.items() if key not in {"name", "storage"}}
    top = {} if not isinstance(data, dict) else {k: v for k, v in data.items() if k != "profiles"}
    return top, profiles, kept
