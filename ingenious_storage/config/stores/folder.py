"""Folder path of the local store: the rules for it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from ingenious_storage.errors import ConfigurationError

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # a path has lost the second slash
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_UNEXPANDED: Final = re.compile(r"\$[A-Za-z_]|\$\{|%[A-Za-z_]+%")
_KERNEL: Final = ("proc", "sys", "dev")
"""Top folders that Linux makes of its own state; `/dev/shm` holds files."""


def check_folder(path: Path) -> Path:
    """Return `path` if files can be kept there; no I/O. Raises: ConfigurationError."""
    text = str(path)
    if _URL.match(text):
        raise ConfigurationError(
            "a URL, where the path of a folder should be",
            hint="For a cloud set storage.type: azure_blob with storage.account_name, s3 with "
            "storage.s3.region, or gcs; the containers are named by themselves.",
        )
    if _CONTROL.search(text):
        raise ConfigurationError(
            "a path with a control character", hint="Correct it: it is a line break, or a NUL."
        )
    if _UNEXPANDED.search(text):
        raise ConfigurationError(
            "a path with a variable that nobody has replaced",
            hint="${NAME} is replaced in YAML files and in .env; elsewhere write the path itself.",
        )
    try:
        _, *parts = Path(os.path.normpath(os.fsdecode(os.fsencode(path)))).parts or [""]
    except UnicodeEncodeError:
        raise ConfigurationError(
            "a path that this system cannot encode", hint="Write it in plain characters."
        ) from None
    if path.is_absolute() and parts[:1] and parts[0] in _KERNEL and parts[:2] != ["dev", "shm"]:
        raise ConfigurationError(
            f"/{parts[0]} belongs to the kernel, and keeps no files", hint="Name another folder."
        )
    return path
