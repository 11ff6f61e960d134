"""One profile in profiles.yml, which people and other software write too."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingenious_ops.intake import read_file
from ingenious_ops.profiles.text import ProfileText
from ingenious_storage.config import redact
from ingenious_storage.config.sources.yaml_file import read_yaml
from ingenious_storage.whole_files import write_file

_SECRET_LINE: Final = re.compile(
    r"(?im)^(.*?[\w-]*(?:connection_string|key|token|secret|password)[\"']?\s*:[ \t]+)\S.*$"
)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a profile would be; `old` and `new` are the whole text of the file."""

    path: Path
    old: str
    new: str

    @property
    def changed(self) -> bool:
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


def edit_profile(path: Path, name: str, storage: Mapping[str, Any]) -> Edit:
    """What the file is with `storage` in the profile `name`; nothing is written yet.

    Other keys of the profile stay, except those that hold a key or name another endpoint. Raises:
    ProfileError, ConfigurationError when it is not YAML that the runtime reads, OSError.
    """
    old = ""
    if path.exists():
        read_yaml(path, path)  # refuses what the runtime would refuse, and alias bombs
        old = read_file(path)
    plain = old.removeprefix("\ufeff").replace("\r\n", "\n")
    text = ProfileText(path, plain, name, storage).edited()
    if "\r\n" in old:
        text = text.replace("\n", "\r\n")
    return Edit(path, old, "\ufeff" * old.startswith("\ufeff") + text)
