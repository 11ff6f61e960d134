"""The alert rules with their tests, the dashboard and the runbooks, as files for a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ingenious_ops.shipped import shipped
from ingenious_storage.errors import ConfigurationError, StorageError

_FILES: Final = (
    ("alerts", "*.yml"),
    ("alerts", "README.md"),
    ("alerts/tests", "*.yml"),
    ("dashboards", "*.json"),
    ("runbooks", "*.md"),
)
_PAGE: Final = re.compile(r"\[([^\]]*)\]\(\.\./\.\./docs/([\w-]+)\.md[^)]*\)")


def monitoring_files(*, runbooks: str | None, grafana: str | None) -> dict[Path, bytes]:
    """By the path of the file. The rules link to runbooks below the URL `runbooks`, and to the
    dashboard at the URL `grafana`, where they are given.

    Raises: ConfigurationError for what is no URL; StorageError when this installation holds none.
    """
    changes = [
        ("ops/runbooks/", _base(runbooks, "--runbooks")),
        ("/d/", f"{_base(grafana, '--grafana')}d/" if grafana is not None else None),
    ]
    files = {path: _changed(path, text, changes) for path, text in _read()}
    if not files:
        raise StorageError("this installation holds no rules", hint="Install the package again.")
    return files


def _read() -> Iterator[tuple[Path, str]]:
    for folder, pattern in _FILES:
        for path in sorted(shipped(f"ops/{folder}").glob(pattern)):
            yield Path(folder, path.name), path.read_text(encoding="utf-8")


def _changed(path: Path, text: str, changes: list[tuple[str, str | None]]) -> bytes:
    if path.suffix == ".md":  # links to the pages, which are not in the folder
        text = _PAGE.sub(r"\1 (`ingenious-storage explain \2`)", text)
    if path.suffix == ".yml":
        for old, new in changes:
            if new is not None:
                text = re.sub(rf'(?<=: )("?){old}', partial(_moved, new), text)
    return text.encode()


def _moved(base: str, match: re.Match[str]) -> str:
    return f"{match[1]}{base}"


def _base(url: str | None, option: str) -> str | None:
    """With one slash at its end."""
    if url is None:
        return None
    if urlsplit(url).scheme not in {"http", "https"} or re.search(r'[\s"\\#]', url):
        raise ConfigurationError(
            f"{option}: {url[:200]!r} is no URL", hint="Such as https://git.example.org/runbooks."
        )
    return f"{url.rstrip('/')}/"
