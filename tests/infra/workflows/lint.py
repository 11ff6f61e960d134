"""Run zizmor and actionlint on the workflows, offline; `make check` calls it.

actionlint is a Go program that PyPI has only as a script which fetches it, so Go builds the version
that go.mod pins. Without Go it is left out, but not in CI. It finds shellcheck beside this Python.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
GITHUB = HERE.parents[2] / ".github"
SCRIPTS = Path(sys.executable).parent


def zizmor(folder: Path) -> int:
    executable = shutil.which("zizmor", path=str(SCRIPTS))
    assert executable, "zizmor is in requirements-dev.txt"
    options = ["--offline", "--quiet", "--no-progress", "--persona=auditor"]
    return subprocess.run([executable, *options, folder], check=False).returncode


def actionlint(folder: Path, go: str) -> int:
    """Check a copy in which `$/`, GitHub's name of this repository, is `./`.

    actionlint 1.7.12 does not know `$/` (its issue 711); with `./` it also checks the inputs.
    """
    with TemporaryDirectory() as temporary:
        copy = Path(temporary, ".github")
        shutil.copytree(folder, copy)
        Path(temporary, ".git").mkdir()  # how actionlint finds the root
        paths = sorted(copy.rglob("*.yml"))
        for path in paths:
            text = path.read_text(encoding="utf-8").replace("uses: $/", "uses: ./")
            path.write_text(text, encoding="utf-8")
        workflows = [path for path in paths if path.parent.name == "workflows"]
        search = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
        command = [go, "tool", f"-modfile={HERE / 'go.mod'}", "actionlint", "-no-color", "-oneline"]
        done = subprocess.run(
            [*command, *workflows],
            cwd=HERE,
            env={**os.environ, "PATH": search},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        inside = rf"\S*{re.escape(Path(temporary).name)}[\\/]"
        sys.stdout.write(re.sub(inside, "", done.stdout))
        return done.returncode


def main(folder: Path = GITHUB) -> int:
    code = zizmor(folder)
    if go := shutil.which("go"):
        return actionlint(folder, go) or code
    sys.stderr.write("Go is missing, so actionlint did not run: install Go 1.25 or later\n")
    return 1 if os.environ.get("CI") else code


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
