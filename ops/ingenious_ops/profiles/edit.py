"""Edits of profiles.yml, which people and other software write too: made, checked and shown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ingenious_ops.intake import read_file
from ingenious_ops.profiles.document import Profiles
from ingenious_ops.profiles.errors import ProfileError
from ingenious_ops.profiles.yaml_edit import NotEditableError
from ingenious_storage.config import read_yaml, redact
from ingenious_storage.errors import NotFoundError
from ingenious_storage.whole_files import write_file

_KEYS: Final = ("connection_string", "account_key", "sas_token")
"""Secrets, and what would speak against another account; also names of credentials."""
_ELSEWHERE: Final = frozenset({*_KEYS, "endpoint"})
"""Keys that lead to another account."""
_STALE: Final = {**dict.fromkeys(_ELSEWHERE), "credential": _KEYS}
"""Keys that must not stay beside the values of another account; those with names, if of them."""
_KEY_NAMES: Final = ("provider", "key_vault_key_id", "key_file")
_SECRET_LINE: Final = re.compile(
    r"(?im)^(.*?[\w-]*(?:connection_string|key|token|secret|password)[\"']?\s*:[ \t]+)\S.*$"
)
_NOTE: Final = "# The storage of {} before it was cut over to {}."
_NOTE_ABOVE: Final = re.compile(r"(?m)^[ \t]*# The storage of .* before it was cut over.*\n+\Z")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a profile would be; `old` and `new` are the whole text of the file."""

    path: Path
    old: str
    new: str

    @property
    def changed(self) -> bool:
        """Whether a write would change anything."""
        return self.old != self.new

    def diff(self) -> str:
        """Unified, secrets as ***; empty when nothing changes."""
        old, new = (text.splitlines(keepends=True) for text in (self.old, self.new))
        lines = difflib.unified_diff(old, new, str(self.path), str(self.path))
        text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
        return _SECRET_LINE.sub(r"\1***", redact(text))

    def write(self) -> None:
        """Atomically: the file is the old one or the new one. Raises: OSError."""
        # People keep it as a link into a folder of their own: a link stays a link.
        write_file(self.path.resolve(), self.new)


def read_profiles(path: Path) -> tuple[Profiles, str]:
    """The profiles, and the whole text as it is. Raises: ConfigurationError, OSError."""
    read_yaml(path, path)  # refuses what the runtime would refuse, and alias bombs
    old = read_file(path)
    return Profiles(path, old.removeprefix("\ufeff").replace("\r\n", "\n")), old


def edit_of(old: str, new: Profiles) -> Edit:
    """From the text `old` to `new`, with the line ends and the byte order mark of `old`."""
    text = new.text.replace("\n", "\r\n") if "\r\n" in old else new.text
    return Edit(new.path, old, "\ufeff" * old.startswith("\ufeff") + text)


def edit_profile(path: Path, name: str, storage: Mapping[str, Any]) -> Edit:
    """What the file is with `storage` in the profile `name`; nothing is written yet.

    Other keys of the profile stay, except those that hold a key or name another endpoint. Raises:
    ProfileError, ConfigurationError when it is not YAML that the runtime reads, OSError.
    """
    before, old = read_profiles(path) if path.exists() else (Profiles(path, ""), "")
    with _refusing(before, name, "written"):
        with suppress(NotFoundError, ProfileError):  # where there is no such profile, no key is
            _require_same_key(before.storage(name), storage)
        after = before.with_storage(name, storage, _STALE)
        found = after.storage(name) or {}
        if inherited := sorted(_ELSEWHERE & found.keys() - storage.keys()):
            problem = f"it inherits {', '.join(inherited)} by `<<`"
            raise NotEditableError(problem, "Take it out of what it inherits.")
        azure = found.get("azure")
        named = {*azure} if isinstance(azure, dict) else set()
        if said := sorted({*_ELSEWHERE, "account_name"} & named):
            problem = f"its section azure has {', '.join(said)}"
            raise NotEditableError(problem, "Take it out of the section.")
        _check(before, after, {name: _merged(found, storage)})
    return edit_of(old, after)


def move(before: Profiles, name: str, to: str, kept: str) -> Profiles:
    """`name` with the storage of `to`, and a new profile `kept` with what it had.

    The lines go as they stand, comments and `${VARIABLES}` included, with the indent of their new
    place. Raises: NotFoundError, ProfileError.
    """
    with _refusing(before, to, "moved"):
        new = before.storage_lines(to)
        if not new:
            raise NotEditableError("it has no storage")
    with _refusing(before, name, "moved"):
        after = before.with_storage_lines(name, new).with_profile(
            kept, before.storage_lines(name), note=_NOTE.format(name, to)
        )
        _check(before, after, {name: before.storage(to), kept: before.storage(name)})
    return after


def restore(before: Profiles, name: str, kept: str) -> Profiles:
    """`name` with the storage of `kept`, and no `kept`. Raises: NotFoundError, ProfileError."""
    with _refusing(before, name, "moved"):
        shorter = before.without_profile(kept, note=_NOTE_ABOVE)
        after = shorter.with_storage_lines(name, before.storage_lines(kept))
        _check(before, after, {name: before.storage(kept)}, gone=kept)
    return after


def _require_same_key(before: object, storage: Mapping[str, Any]) -> None:
    """What is stored is encrypted under the key that the profile names: it is never replaced."""
    old = before.get("encryption") if isinstance(before, dict) else None
    new = storage.get("encryption")
    if not isinstance(old, dict) or not isinstance(new, Mapping):
        return
    if differing := [key for key in _KEY_NAMES if old.get(key) not in (None, new.get(key))]:
        problem = f"it encrypts with another key (encryption.{differing[0]})"
        raise NotEditableError(
            problem, "What is stored could not be read with the stack's: keep it, or migrate."
        )


def _merged(found: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`found` with `values`, where a mapping in a mapping is merged too."""
    merged = {**found, **values}
    for name, value in values.items():
        if isinstance(value, Mapping) and isinstance(found.get(name), Mapping):
            merged[name] = _merged(found[name], value)
    return merged


def _check(
    before: Profiles, after: Profiles, storages: Mapping[str, Any], *, gone: str = ""
) -> None:
    """That the profiles have these `storages`, and everything else is the same as before."""
    top, others = before.rest(storages)
    others.pop(gone, None)
    found = {name: after.storage(name) for name in storages}
    if found != storages or after.rest(storages) != (top, others):
        raise NotEditableError("its form is unusual", "Write these values by hand.")


@contextmanager
def _refusing(before: Profiles, name: str, what: str) -> Iterator[None]:
    try:
        yield
    except yaml.YAMLError as error:
        problem = f"its lines mean nothing in another place: {getattr(error, 'problem', error)}"
        raise _refused(before, name, what, NotEditableError(problem)) from error
    except NotEditableError as error:
        raise _refused(before, name, what, error) from None


def _refused(before: Profiles, name: str, what: str, error: NotEditableError) -> ProfileError:
    return ProfileError(
        f"the profile {name} in {before.path} cannot be {what}: {error}",
        hint=f"{error.hint} Nothing was written.",
    )
