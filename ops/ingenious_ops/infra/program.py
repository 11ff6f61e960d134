"""The Pulumi program: where it is, its stacks' settings, and a copy of it for a new folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ingenious_ops.infra.errors import InfraError, StackNotFoundError
from ingenious_ops.shipped import write_files
from ingenious_storage.errors import AlreadyExistsError

_USUAL: Final = (".", "infra")
_PACKAGED: Final = Path(__file__).with_name("template")
_CHECKOUT: Final = Path(__file__).parents[3] / "infra"
_NOT_OURS: Final = frozenset({"local", "tools", "__pycache__"})
"""Of a checkout: the local Azure and the Pulumi CLI's build, which serve this project's tests."""


@dataclass(frozen=True, slots=True)
class Program:
    """A folder with Pulumi.yaml and `__main__.py`."""

    directory: Path
    project: str
    settings: Path
    """The folder of the stacks' settings files: `stackConfigDir`, or the program's own."""

    @property
    def main(self) -> Path:
        """The file that Pulumi runs."""
        return self.directory / "__main__.py"

    @property
    def stacks(self) -> list[str]:
        """The stacks that have a settings file."""
        return sorted(path.name[7:-5] for path in self.settings.glob("Pulumi.?*.yaml"))

    def require_settings(self, stack: str) -> None:
        """Raise StackNotFoundError unless `stack` has a settings file: it may be mistyped."""
        if short(stack) not in self.stacks:
            names = ", ".join(self.stacks) or "no stack"
            raise StackNotFoundError(
                f"there is no Pulumi.{short(stack)}.yaml in {self.settings}",
                hint=f"It has settings for {names}; a new stack starts with a file of its own.",
            )

    def setting(self, stack: str, key: str) -> Any:
        """A plain value of the stack's settings file, None when it has none."""
        config = self._settings(stack).get("config")
        return config.get(f"{self.project}:{key}") if isinstance(config, dict) else None

    def secrets_provider(self, stack: str) -> str | None:
        """What a new stack encrypts its secrets with, where its settings file says it."""
        found = self._settings(stack).get("secretsprovider")
        return found if isinstance(found, str) else None

    def _settings(self, stack: str) -> dict[str, Any]:
        path = self.settings / f"Pulumi.{short(stack)}.yaml"
        return _mapping(path) if path.exists() else {}


def short(stack: str) -> str:
    """The stack's own name, of ORG/PROJECT/STACK too."""
    return stack.rpartition("/")[2]


def find_program(directory: Path | None) -> Program:
    """The program in `directory`, or else in the current folder or its `infra`.

    Raises: InfraError when it is not there.
    """
    usual = [Path(name) for name in _USUAL] if directory is None else [directory]
    for each in usual:
        if (each / "Pulumi.yaml").is_file() and (each / "__main__.py").is_file():
            return _program(each.resolve())
    where = " or ".join(str(each.resolve()) for each in usual)
    raise InfraError(
        f"no Pulumi.yaml with a __main__.py in {where}",
        hint="`infra init DIR` writes the program; --program DIR says where one is.",
    )


def write_program(directory: Path, *, force: bool) -> list[Path]:
    """Copy the program of this release into `directory`: all of its files, or none.

    Raises: AlreadyExistsError when one exists and `force` is off; InfraError when they cannot be
    written.
    """
    source = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    files = {name: (source / name).read_bytes() for name in sorted(_files(source))}
    if not files:
        raise InfraError("this installation holds no program", hint="Install the package again.")
    try:
        return write_files(files, directory, force=force)
    except AlreadyExistsError:  # an OSError too
        raise
    except OSError as error:
        raise InfraError(
            f"cannot write to {directory}: {error.strerror}", hint="Check its rights and the disk."
        ) from error


def _files(source: Path) -> Iterator[Path]:
    if not source.is_dir():
        return
    for path in source.rglob("*"):
        name = path.relative_to(source)
        if path.is_file() and not _NOT_OURS & set(name.parts[:-1]) and name.parts[0][0] != ".":
            yield name


def _program(directory: Path) -> Program:
    path = directory / "Pulumi.yaml"
    found = _mapping(path)
    project, settings = found.get("name"), found.get("stackConfigDir")
    if not isinstance(project, str):
        raise InfraError(
            f"{path} has no name", hint="Pulumi needs one, such as `name: my-storage`."
        )
    return Program(directory, project, directory / settings if settings else directory)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InfraError(
            f"cannot read {path}: {' '.join(str(error).split())[:200]}", hint="Correct it."
        ) from error
    return found if isinstance(found, dict) else {}
