"""The paths that somebody named: Semgrep refuses symbolic links, and passes over the unreadable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote


@dataclass(frozen=True)
class Named:
    """What to hand to Semgrep for the paths, and their names for what it finds there."""

    paths: Sequence[Path]

    @property
    def targets(self) -> list[Path]:
        """A link stands for what it points to; each file once."""
        return list(dict.fromkeys(_target(path) for path in self.paths))

    def renamed(self, report: Mapping[str, Any]) -> dict[str, Any]:
        """A report of Semgrep, JSON or SARIF, with every target under the name it was given."""
        links = {str(_target(path)): str(path) for path in self.paths if path.is_symlink()}
        found: dict[str, Any] = _each(report, links) if links else dict(report)
        return found

    def unread(self, scanned: Iterable[str]) -> list[str]:
        """Those of which nothing was read."""
        read = {Path(path).resolve() for path in scanned}
        around = read | {parent for path in read for parent in path.parents}
        return [str(path) for path in self.paths if path.resolve() not in around]


def _target(path: Path) -> Path:
    return path.resolve() if path.is_symlink() else path


def _each(value: Any, links: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _NAMES[key](each, links) if key in _NAMES else _each(each, links)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_each(each, links) for each in value]
    return value


def _uri(value: str, links: Mapping[str, str]) -> str:
    return quote(_name(unquote(value), links))


def _name(value: str, links: Mapping[str, str]) -> str:
    for target, link in links.items():
        if value == target or value.startswith(f"{target}/"):
            return link + value[len(target) :]
    return value


_NAMES: Final = {"path": _name, "uri": _uri}
