"""One operation on one stack: what `LocalStack` runs, each in a process of its own.

Pulumi's Automation API runs an inline program in the calling process, and when the engine ends
early it leaves threads, event loops and coroutines behind there.
"""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi import automation

PROJECT = "ingenious-storage"
INFRA = Path(__file__).resolve().parents[2] / "infra"


def run_infra() -> None:
    """The unchanged program of infra/."""
    if str(INFRA) not in sys.path:
        sys.path.insert(0, str(INFRA))
    runpy.run_path(str(INFRA / "__main__.py"), run_name="__main__")


def main() -> None:
    request = json.load(sys.stdin)
    options = automation.LocalWorkspaceOptions(
        work_dir=request["work_dir"],
        env_vars=request["environment"],
        pulumi_command=automation.PulumiCommand(request["pulumi_root"]),
        project_settings=automation.ProjectSettings(PROJECT, "python"),
    )
    stack = automation.create_or_select_stack(
        request["stack"], PROJECT, _program(request["program"]), opts=options
    )
    try:
        answer = _answer(getattr(stack, request["operation"])(**request["arguments"]))
    except automation.CommandError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


def _program(name: str) -> Callable[[], None]:
    module, _, function = name.partition(":")
    program: Callable[[], None] = getattr(importlib.import_module(module), function)
    return program


def _answer(result: Any) -> dict[str, Any]:
    summary = getattr(result, "summary", None)
    changes = result.change_summary if summary is None else summary.resource_changes
    outputs = getattr(result, "outputs", {})
    return {
        "changes": {str(getattr(kind, "value", kind)): n for kind, n in (changes or {}).items()},
        "outputs": {name: output.value for name, output in outputs.items()},
        "stdout": result.stdout,
    }


if __name__ == "__main__":
    main()
