"""Prompts as files of a directory: read whole or not at all, written only where they belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ingenious_storage.errors import AlreadyExistsError, InvalidDataError, NotFoundError
from ingenious_storage.keys import validate_key
from ingenious_storage.whole_files import write_files


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
    paths = [directory.joinpath(*validate_key(name).split("/")) for name in files]
    taken = next((path for path in paths if path.is_symlink() or path.exists()), None)
    if taken is not None and not overwrite:
        raise AlreadyExistsError(
            f"{str(taken)!r} is there already", hint="Choose an empty directory, or overwrite."
        )
    return write_files(directory, files)


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
