"""The runbooks as text, and the commands and queries in them."""

from __future__ import annotations

import re

from tests.ops.alerts.rules import OPS

RUNBOOKS = sorted((OPS / "runbooks").glob("*.md"))
_FENCED = r"^ *```{}\n(.*?)^ *```"


def fenced(text: str, language: str) -> list[str]:
    return re.findall(_FENCED.format(language), text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """Every command of this tool, in a block of shell or in the text."""
    lines = [line.strip() for block in fenced(text, "bash") for line in block.splitlines()]
    prose = re.sub(_FENCED.format(r"\w*"), "", text, flags=re.DOTALL | re.MULTILINE)
    inline = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    return [each for each in (*lines, *inline) if each.startswith("ingenious-storage ")]


def queries() -> list[str]:
    """Every expression for Prometheus."""
    return [each for file in RUNBOOKS for each in fenced(file.read_text("utf-8"), "promql")]
