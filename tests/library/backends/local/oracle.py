"""The files behind `LocalBackend`, by the rules of docs/storage-format.md, written once more."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_DEVICE = r"(con|prn|aux|nul|(com|lpt)\d)(\.|\Z)"


class FolderOracle:
    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, key: str) -> bytes | None:
        try:
            fd = self._open(_names(key), os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(fd, "rb") as file:
            return file.read()

    def write(self, key: str, data: bytes) -> None:
        fd = self._open(_names(key), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(fd, "wb") as file:
            file.write(data)

    def keys(self) -> set[str]:
        return {
            _key((*Path(folder).relative_to(self._root).parts, name))
            for folder, name in self.files()
            if not name.startswith(".") and not Path(folder).name.startswith(".")
        }

    def files(self) -> Iterator[tuple[str, str]]:
        """Folder and name of everything there is, hidden files too."""
        walk = os.walk(self._root) if os.name == "nt" else os.fwalk(self._root)
        for folder, _, names, *_ in walk:
            for name in names:
                yield folder, name

    def _open(self, names: list[str], flags: int) -> int:
        create = bool(flags & os.O_CREAT)
        if os.name == "nt":
            path = Path("\\\\?\\" + str(self._root.joinpath(*names)))
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags | getattr(os, "O_BINARY", 0))
        folder = os.open(self._root, os.O_RDONLY)
        try:
            for name in names[:-1]:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=folder)
                above, folder = folder, os.open(name, os.O_RDONLY, dir_fd=folder)
                os.close(above)
            return os.open(names[-1], flags, 0o644, dir_fd=folder)
        finally:
            os.close(folder)


def _names(key: str) -> list[str]:
    names: list[str] = []
    for segment in key.split("/"):
        name = ""
        for letter in segment:
            if re.match(r"[a-z0-9_=@+,%.-]" if name else r"[a-z0-9_=@+,%-]", letter):
                name += letter
            else:
                name += "".join(f"~{byte:02x}" for byte in letter.encode())
            if len(name) > 188:
                names.append(_not_a_device(name) + "~+")
                name = ""
        names.append(_not_a_device(name) or "~_")
    return names


def _not_a_device(name: str) -> str:
    return f"~{ord(name[0]):02x}{name[1:]}" if re.match(_DEVICE, name) else name


def _key(names: tuple[str, ...]) -> str:
    path = "/".join(names).replace("~+/", "~+").replace("~_", "")
    pieces = re.split(r"(~\+|/)", path)  # an escape never crosses from one name to the next
    return "".join("" if piece == "~+" else _text(piece) for piece in pieces)


def _text(name: str) -> str:
    return re.sub(
        "(~[0-9a-f]{2})+", lambda hit: bytes.fromhex(hit[0].replace("~", "")).decode(), name
    )
