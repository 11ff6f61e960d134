"""Prompts as files of a directory: read whole or not at all, written only where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ingenious_storage.arguments import mapping_of
from ingenious_storage.errors import AlreadyExistsError, InvalidDataError, NotFoundError
from ingenious_storage.keys import validate_key
from ingenious_storage.whole_files import write_files

SUCH_AS: Final = '{"assistant.md": "You are ..."}'

Prompts = dict[str, str]
"""File name (which may hold `/`) to text."""


def read_directory(directory: Path) -> dict[str, str]:
    """Name below `directory`, with `/`, to text. Hidden files and links are left out.

    Raises: NotFoundError when it is no directory; InvalidDataError for what is not UTF-8.
    """
    if not directory.is_dir():
        raise NotFoundError(f"{str(directory)!r} is not a directory", hint="Check the path.")
    return {
        path.relative_to(directory).as_posix(): _text(path) for path in sorted(_files(directory))
    }


def write_directory(directory: Path, files: Mapping[str, str], *, overwrite: bool) -> list[Path]:
    """Write each file; the paths. Raises: InvalidKeyError, AlreadyExistsError (before any)."""
    require_paths(files)
    paths = [directory.joinpath(*validate_key(name).split("/")) for name in files]
    taken = next((path for path in paths if path.is_symlink() or path.exists()), None)
    if taken is not None and not overwrite:
        raise AlreadyExistsError(
            f"{str(taken)!r} is there already", hint="Choose an empty directory, or overwrite."
        )
    return write_files(directory, files)


def crossing(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that cannot both be files of one directory, such as `a` and `a/b`; or None."""
    known = set(names)
    for name in sorted(known):
        end = name.find("/")
        while end > 0:
            if name[:end] in known:
                return name[:end], name
            end = name.find("/", end + 1)
    return None


def checked_prompts(files: Mapping[str, str]) -> Prompts:
    """A copy, as a set can have it. Raises: InvalidKeyError, InvalidDataError."""
    files = mapping_of(files, what="prompts", such_as=SUCH_AS)
    for name, text in files.items():
        validate_key(name)
        if not isinstance(text, str):
            raise InvalidDataError(f"the text of prompt {name!r} is {type(text).__name__}")
    require_paths(files)
    return files


def require_paths(names: Iterable[str]) -> None:
    """Raises: InvalidDataError where `crossing` finds two."""
    found = crossing(names)
    if found is not None:
        raise InvalidDataError(
            f"{found[0]!r} and {found[1]!r} cannot both be prompts of one set: "
            "the first would be a file and a folder",
            hint="Rename one of the two.",
        )


def left_out(directory: Path) -> list[str]:
    """What `read_directory` passes over: hidden files and links, and what is no file.

    Folders end in "/".
    """
    return sorted(_left_out(directory, ""))


def is_left_out(name: str, unread: Iterable[str]) -> bool:
    """Whether a prompt may be what was passed over: itself, or below it, or hidden."""
    hidden = any(part.startswith(".") for part in name.split("/"))
    return hidden or any(name == e or name.startswith(e.rstrip("/") + "/") for e in unread)


def _left_out(directory: Path, prefix: str) -> Iterator[str]:
    for path in directory.iterdir():
        name = f"{prefix}{path.name}"
        if path.is_symlink() or path.name.startswith("."):
            yield f"{name}/" if path.is_dir() and not path.is_symlink() else name
        elif path.is_dir():
            yield from _left_out(path, f"{name}/")
        elif not path.is_file():
            yield name


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidDataError(
            f"{str(path)!r} is not UTF-8 text (byte {error.start})", hint="Prompts are text files."
        ) from None
