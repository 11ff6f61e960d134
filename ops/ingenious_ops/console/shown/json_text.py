"""JSON as text for people: indented, and with the lines of long texts below each other."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

_LINE_END: Final = re.compile(r"(?<!\\)((?:\\\\)*\\n)(?!\"[,\s]*$)")


def indented(data: Any) -> str:
    """As it is, two spaces a level."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()


def in_lines(data: Any) -> str:
    r"""The same with a line end after each `\n` in a text, so that lines of texts compare.

    It is no JSON any more, but nothing of it is lost.
    """
    return "\n".join(_broken(line) for line in indented(data).splitlines())


def _broken(line: str) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return _LINE_END.sub(rf"\1\n{indent}", line)
