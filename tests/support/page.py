"""Pages as a reader uses them: their blocks, and their commands typed into one shell."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROMPT = "$ "


@dataclass(frozen=True)
class Page:
    """A Markdown file of this project, by its path in it."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.DOTALL | re.MULTILINE)

    @property
    def commands(self) -> list[str]:
        """The lines that a reader types; one that goes on in the next is one command."""
        found: list[str] = []
        for block in self.blocks("console"):
            for line in block.splitlines():
                if line.startswith(PROMPT):
                    found.append(line.removeprefix(PROMPT))
                elif found and found[-1].endswith("\\"):
                    found[-1] += f"\n{line}"
        return found

    def broken_links(self) -> list[str]:
        targets = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)", self.text)
        folder = (ROOT / self.name).parent
        return [target for target in targets if not (folder / target).exists()]


def containers(name: str) -> dict[str, str]:
    """Variables for containers of this test alone, since all tests share one emulator."""
    return {
        "INGENIOUS_STORAGE__CONTAINER_DATA": name[:50],
        "INGENIOUS_STORAGE__CONTAINER_REVISIONS": f"{name[:50]}-r",
    }


def type_in(
    commands: list[str], folder: Path, environ: Mapping[str, str], *, timeout: float = 280
) -> str:
    """Run `commands` in one shell, in their order; what they printed, each behind itself.

    Raises: AssertionError, with all of it, when one of them fails.
    """
    script = "".join(f"{command}\n" for command in commands)
    done = subprocess.run(
        ["bash", "-ex"],
        input=script,
        cwd=folder,
        env={**environ, "HOME": str(folder), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
