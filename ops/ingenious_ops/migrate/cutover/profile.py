"""Moves the `storage:` of one profile of profiles.yml to another, as it is written there.

The lines go as they stand, comments and `${VARIABLES}` included, with the indent of their new
place; everything else in the file stays byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ingenious_ops.intake import read_file
from ingenious_ops.migrate.cutover.text import STORAGE, Profiles, by_name
from ingenious_ops.profiles.editing import Edit
from ingenious_storage.config.sources.yaml_file import read_yaml


def read_profiles(path: Path) -> tuple[Profiles, str]:
    """The profiles, and the whole text as it is. Raises: ConfigurationError, OSError."""
    read_yaml(path, path)  # refuses what the runtime would refuse, and alias bombs
    old = read_file(path)
    return Profiles(path, old.removeprefix("\ufeff").replace("\r\n", "\n")), old


def move(before: Profiles, name: str, to: str, kept: str) -> Profiles:
    """`name` with the storage of `to`, and a new profile `kept` with what it had.

    Raises: NotFoundError, ProfileError.
    """
    new, old = before.lines(to), before.lines(name)
    if new is None:
        raise before.refused(to, "it has no storage")
    note = [f"# The storage of {name} before it was cut over to {to}."]
    with _refusing(before, name):
        after = before.with_storage(name, new).with_profile(kept, old, note)
        _check(before, after, {name: before.storage(to), kept: before.storage(name)})
    return after


def restore(before: Profiles, name: str, kept: str) -> Profiles:
    """`name` with the storage of `kept`, and no `kept`. Raises: NotFoundError, ProfileError."""
    with _refusing(before, name):
        after = before.with_storage(name, before.lines(kept)).without_profile(kept)
        _check(before, after, {name: before.storage(kept)}, gone=kept)
    return after


def edit_of(old: str, new: Profiles) -> Edit:
    """With the line ends and the mark of `old`."""
    text = new.text.replace("\n", "\r\n") if "\r\n" in old else new.text
    return Edit(new.path, old, "\ufeff" * old.startswith("\ufeff") + text)


def _check(before: Profiles, after: Profiles, meant: Mapping[str, Any], gone: str = "") -> None:
    """That the text says what was meant, and the same as before of everything else."""
    found, old = (by_name(yaml.safe_load(each.text)) for each in (after, before))
    old.pop(gone, None)
    for each, storage in meant.items():
        old[each] = {**(old.get(each) or {}), STORAGE: storage}
    if _tidy(found) != _tidy(old):
        raise before.refused(next(iter(meant)), "its form is unusual")


@contextmanager
def _refusing(before: Profiles, name: str) -> Iterator[None]:
    try:
        yield
    except yaml.YAMLError as error:
        problem = f"its lines mean nothing in another place: {getattr(error, 'problem', error)}"
        raise before.refused(name, problem) from error


def _tidy(profiles: Mapping[str, Any]) -> dict[str, Any]:
    """Without what says nothing: an empty `storage:`, and the name, which is the key here."""
    return {
        name: {
            k: v for k, v in (profile or {}).items() if k != "name" and (k, v) != (STORAGE, None)
        }
        for name, profile in profiles.items()
    }
