"""Prompt sets as folders: one of them, or the `templates/prompts/{revision}/` of a workspace."""

from __future__ import annotations

from pathlib import Path

from ingenious_storage.errors import InvalidDataError, InvalidKeyError, NotFoundError
from ingenious_storage.keys import validate_name


def find_sets(directory: Path, name: str | None = None) -> dict[str, Path]:
    """The sets in a folder, by name: all names are checked before anything is stored.

    With a `name` the folder is that set. Otherwise the folders in `templates/prompts`, where
    there is one, or in a folder that holds nothing but folders, are a set each; any other folder
    is one set, named like itself. Hidden files are left out.

    Raises: InvalidKeyError, NotFoundError, InvalidDataError.
    """
    if name is not None:
        return {validate_name(name, what="prompt set"): directory}
    workspace = directory / "templates" / "prompts"
    place = workspace if workspace.is_dir() else directory
    entries = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    if not entries:
        raise NotFoundError(f"no prompts in {place}", hint="Check the path.")
    loose = [path for path in entries if not path.is_dir() or path.is_symlink()]
    if not loose:
        return {_checked(path): path for path in entries}
    if place == workspace:
        raise InvalidDataError(
            f"{loose[0]} is in no folder of a revision", hint="Move it, or say --set NAME."
        )
    return {_checked(place.resolve()): place}


def _checked(folder: Path) -> str:
    try:
        return validate_name(folder.name, what="prompt set")
    except InvalidKeyError as error:
        hint = f"{error.hint} Rename the folder, or import it alone with --set NAME."
        raise InvalidKeyError(error.message, hint=hint) from None
