"""The command line, run in this process or as the installed script."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ingenious_ops.cli import root
from ingenious_ops.cli.app import NAME

WORKSPACE = Path(__file__).parents[3] / "examples" / "workspace"
SCRIPT = Path(sys.executable).with_name(NAME)


@dataclass(frozen=True)
class Cli:
    """Runs commands in `folder`, the working directory, and checks how they exit."""

    folder: Path

    def __call__(self, *args: str, stdin: str | bytes | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(root, args, input=stdin, prog_name=NAME)
        assert result.exit_code == code, f"{args}: exit {result.exit_code}\n{result.output}"
        return result

    def json(self, *args: str, stdin: str | None = None, code: int = 0) -> dict[str, Any]:
        """What `--json` prints: one document, and nothing else anywhere."""
        result = self(*args, "--json", stdin=stdin, code=code)
        assert result.stderr == ""
        record: dict[str, Any] = json.loads(result.stdout)
        assert record["format"] == "ingenious.cli/1"
        return record

    def data(self, *args: str, stdin: str | None = None, code: int = 0) -> Any:
        return self.json(*args, stdin=stdin, code=code)["data"]

    def error(self, *args: str, stdin: str | None = None, code: int) -> Any:
        return self.json(*args, stdin=stdin, code=code)["error"]

    def write(self, name: str, content: Any) -> str:
        """A file for a command to read: text as it is, anything else as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8", newline="")
        return name


def run_script(
    *args: str, cwd: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The console script, as a shell runs it."""
    return subprocess.run(
        [SCRIPT, *args],
        cwd=cwd,
        input=stdin,
        env=env,
        capture_output=True,
        timeout=200,
        check=False,
    )
