"""The files of a code base, read and never executed: the lines of a finding, and its function."""

from __future__ import annotations

import ast
import warnings
from functools import cached_property
from pathlib import Path

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Source:
    """One file; what cannot be read has no lines, and what cannot be parsed no functions."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _rows(self) -> list[bytes]:
        try:
            return self.path.read_bytes().split(b"\n")
        except OSError:
            return []

    @cached_property
    def lines(self) -> list[str]:
        """All lines of the file; none when it cannot be read."""
        return [row.decode(errors="replace") for row in self._rows]

    def before(self, line: int, column: int) -> str:
        """The text of a line before its byte `column`, both counted from 1 as Semgrep does."""
        rows = self._rows[line - 1 : line]
        return rows[0][: column - 1].decode(errors="replace") if rows else " " * (column - 1)

    def code(self, first: int, last: int) -> str:
        """Lines `first` to `last`, counted from 1, as they are."""
        return "\n".join(self.lines[first - 1 : last])

    def scope(self, line: int) -> str:
        """Such as "Memory.save", where the line is in a method; "" at the top of the file."""
        inside = [(first, name) for first, last, name in self._scopes if first <= line <= last]
        return ".".join(name for _, name in sorted(inside))

    @cached_property
    def _scopes(self) -> list[tuple[int, int, str]]:
        if self.path.suffix != ".py":
            return []
        try:
            with warnings.catch_warnings():  # about the code base's own escapes
                warnings.simplefilter("ignore")
                tree = ast.parse("\n".join(self.lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        return [
            (node.lineno, node.end_lineno or node.lineno, node.name)
            for node in ast.walk(tree)
            if isinstance(node, _SCOPES)
        ]
