"""Figures of checkouts side by side: `python tools/figures.py CHECKOUT_OR_COMMIT ...`.

The code of the library, the operations and the infrastructure is counted, tests are not.
Complexity is lizard's, which counts `and` and `or` too; imports are grimp's, those for type
checkers included.
"""

from __future__ import annotations

import ast
import io
import statistics
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import lizard  # type: ignore[import-untyped]

from benchmarks.checkout import worktree

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("ingenious_storage", "ops/ingenious_ops", "infra")
_CIRCLES: Final = """
import sys, grimp
sys.path[:0] = sys.argv[1:]
graph = grimp.build_graph("ingenious_storage", "ingenious_ops", cache_dir=None)
down = {m: graph.find_downstream_modules(m) for m in graph.modules}
circles = {frozenset(n for n in down[m] if m in down[n]) for m in graph.modules}
print(sum(len(circle) > 1 for circle in circles))
"""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Counts:
    """What is counted in all files of a checkout."""

    files: int = 0
    code: int = 0
    prose: int = 0
    """Lines of comments and docstrings."""
    functions: list[int] = field(default_factory=list)
    """Lines of each, without its docstring and decorators."""
    public: int = 0
    undocumented: int = 0


def figures(checkout: Path) -> Mapping[str, str]:
    """The figures of one checkout by their name."""
    files = [*_files(checkout)]
    counts = _Counts(files=len(files))
    for file in files:
        _count(file, counts)
    folders = Counter(file.parent for file in files)
    lengths = sorted(counts.functions)
    return {
        "files": f"{counts.files:,}",
        "lines of code": f"{counts.code:,}",
        "comments and docstrings, lines for each of code": f"{counts.prose / counts.code:.2f}",
        "functions": f"{len(lengths):,}",
        "lines of a function: median, p90, max": (
            f"{statistics.median(lengths):.0f}, {lengths[len(lengths) * 9 // 10]}, {lengths[-1]}"
        ),
        "public callables": f"{counts.public:,}",
        "of them without docstring": f"{counts.undocumented}",
        "files in the largest folder": f"{max(folders.values())}",
        "cyclomatic complexity, max": f"{_complexity(files)}",
        "import circles among files": f"{_circles(checkout)}",
    }


def _files(checkout: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((checkout / package).rglob("*.py"))


def _count(file: Path, counts: _Counts) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    docstrings = {line for node in _documented(tree) for line in _docstring_lines(node)}
    comments, code = set[int](), set[int]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.string.strip() and token.type != tokenize.ENDMARKER:
            code.update(range(token.start[0], token.end[0] + 1))
    counts.code += len(code - docstrings)
    counts.prose += len(docstrings | comments)
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            end = node.end_lineno or node.lineno
            counts.functions.append(end - node.lineno + 1 - len([*_docstring_lines(node)]))
    for node in _public(tree):
        counts.public += 1
        counts.undocumented += ast.get_docstring(node) is None


def _documented(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, _Function | ast.ClassDef):
            yield node


def _docstring_lines(node: ast.AST) -> Iterable[int]:
    body = getattr(node, "body", [])
    if not (body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)):
        return ()
    text = body[0].value
    return range(text.lineno, (text.end_lineno or text.lineno) + 1)


def _public(tree: ast.Module) -> Iterator[_Function | ast.ClassDef]:
    """What no underscore hides; a method of a class with a base has the base's docstring."""
    for node in tree.body:
        if not isinstance(node, _Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef) and not node.bases:
            for each in node.body:
                if isinstance(each, _Function) and not each.name.startswith("_"):
                    yield each


def _complexity(files: Iterable[Path]) -> int:
    analyzed = (lizard.analyze_file(str(file)) for file in files)
    return max(int(each.cyclomatic_complexity) for file in analyzed for each in file.function_list)


def _circles(checkout: Path) -> int:
    command = [sys.executable, "-c", _CIRCLES, str(checkout), str(checkout / "ops")]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    return int(done.stdout)


def _checkout(name: str) -> AbstractContextManager[Path]:
    """A folder as it is; anything else is a commit, of which a worktree is made meanwhile."""
    return nullcontext(Path(name).resolve()) if Path(name).is_dir() else worktree(name)


def main() -> None:
    """Print one column for each checkout or commit that the command line names."""
    names = sys.argv[1:] or [str(ROOT)]
    with ExitStack() as opened:
        columns = [figures(opened.enter_context(_checkout(name))) for name in names]
    print("| |", *(f"{Path(name).name} |" for name in names))
    print("| --- |", *("--- |" for _ in names))
    for row in columns[0]:
        print(f"| {row} |", *(f"{column[row]} |" for column in columns))


if __name__ == "__main__":
    main()
