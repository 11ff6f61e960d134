"""The program inside this process, as `pulumi up` would run it beside its language host."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

import pulumi

from ingenious_ops.infra.program import Program


class Inline:
    """Runs `__main__.py` when the engine asks for it; keeps what stopped it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.failure: BaseException | None = None

    def __call__(self) -> None:
        # Its prints are messages: standard output is for the answer of the command.
        with redirect_stdout(sys.stderr), chdir(self.program.directory):
            try:
                runpy.run_path(str(self.program.main), run_name="__main__")
            except (Exception, SystemExit) as error:
                self.failure = error
                raise pulumi.RunError(explain(error, self.program.directory)) from error

    @contextmanager
    def importable(self) -> Iterator[None]:
        """For the time of the block the program's modules, freshly, hide others of these names."""
        folder = str(self.program.directory)
        names = _top_names(self.program.directory)
        hidden = _take(names)
        self.failure = None
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
            _take(names)
            sys.modules.update(hidden)


def explain(error: BaseException, directory: Path) -> str:
    """One line: a ValueError is a refusal and says all of it; anything else says where it was."""
    text = " ".join(str(error).split()) or "no message"
    if isinstance(error, ValueError | pulumi.RunError) or _is_config(error):
        return text
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(directory)
    ]
    where = ""
    if frames:
        where = f", at {Path(frames[-1].filename).relative_to(directory)}:{frames[-1].lineno}"
    return f"{type(error).__name__}: {text}{where}"


def _is_config(error: BaseException) -> bool:
    return type(error).__module__ in {"pulumi.config", "pulumi.errors"}


def _top_names(directory: Path) -> set[str]:
    found = {path.stem for path in directory.iterdir() if path.suffix == ".py" or path.is_dir()}
    return found - {"__main__"}


def _take(names: set[str]) -> dict[str, ModuleType]:
    """Remove the modules of these names, and those inside them."""
    taken = [name for name in sys.modules if name.partition(".")[0] in names]
    return {name: sys.modules.pop(name) for name in taken}
