"""The Pulumi CLI: found, or built with Go in the pinned version, as no registry has it.

Without Go it exits with 1 and one line that says how to install Pulumi. What is built lies in
.cache/pulumi: `bin` has the CLI, `language` its host for Python programs, which plain `pulumi up`
needs and the Automation API does not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

SOURCE = Path(__file__).resolve().parent
TARGET = SOURCE.parents[1] / ".cache" / "pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
SUFFIX = ".exe" if os.name == "nt" else ""
HOW = "install it from https://www.pulumi.com/docs/install/, or install Go and run this again"


@dataclass(frozen=True)
class Tool:
    """A Go program that the go.mod in `source` pins by the version of `module`."""

    name: str
    source: Path
    module: str
    command: str
    folder: str

    @property
    def binary(self) -> Path:
        """The path of the executable, built or not."""
        return TARGET / self.folder / f"{self.name}{SUFFIX}"

    @property
    def is_built(self) -> bool:
        """Whether the executable is there, of the pinned version."""
        return (
            self.binary.is_file()
            and self._stamp.is_file()
            and self._stamp.read_bytes() == (self._wanted)
        )

    def build(self, go: str) -> None:
        """Build it; Go keeps what it compiled for the next time."""
        pinned = re.search(rf"^\s*{self.module} (v\S+)", self._wanted.decode(), re.MULTILINE)
        assert pinned, f"{self.source} does not pin {self.module}"
        sys.stderr.write(f"Building {self.name} {pinned[1]}: some minutes the first time\n")
        flags = f"-ldflags=-s -w -X {SDK}/go/common/version.Version={pinned[1]}"
        command: list[str | Path] = [
            go,
            "build",
            "-C",
            self.source,
            "-o",
            self.binary,
            "-buildvcs=false",
            flags,
        ]
        subprocess.run([*command, f"{self.module}/{self.command}"], check=True)
        self._stamp.write_bytes(self._wanted)

    @property
    def _wanted(self) -> bytes:
        return b"".join((self.source / name).read_bytes() for name in ("go.mod", "go.sum"))

    @property
    def _stamp(self) -> Path:
        return TARGET / f"installed-{self.name}"


CLI = Tool("pulumi", SOURCE, "github.com/pulumi/pulumi/pkg/v3", "cmd/pulumi", "bin")
# The newest that the module of the SDK contains; later ones are a module without versions.
HOST = Tool(
    "pulumi-language-python",
    SOURCE / "language",
    SDK,
    "python/cmd/pulumi-language-python",
    "language",
)


def install(go: str) -> None:
    """Build what is not built yet. Raises: CalledProcessError if Go cannot."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(TARGET / ".lock"):
        if not CLI.is_built:
            CLI.build(go)
        if not HOST.is_built:
            HOST.build(go)
            _copy_runner(go)


def _copy_runner(go: str) -> None:
    """Put the script that runs a program beside the host, which looks for it there."""
    where: list[str | Path] = [go, "list", "-C", HOST.source, "-m", "-f", "{{.Dir}}", SDK]
    module = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
    script = HOST.binary.with_name("pulumi-language-python-exec")
    shutil.copyfile(Path(module, "python/cmd", script.name), script)
    script.chmod(0o755)


def main() -> None:
    """Build what is missing. Raises: SystemExit with what to do by hand."""
    if shutil.which("pulumi"):
        return
    go = shutil.which("go")
    if go is None and not CLI.is_built:
        sys.exit(f"There is no Pulumi CLI: {HOW}")
    try:
        if go is not None:
            install(go)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Go could not build Pulumi (exit code {error.returncode}): {HOW}")


if __name__ == "__main__":
    main()
