"""Delete what `nightly-azure.yml` left behind a day ago or earlier; the workflow runs this.

A night's stack is `ci-<run id>`; the resource group that it made says so in its tags.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

_DAY = 24 * 3600.0
_TAGS = {"ephemeral": "true", "workload": "nightly", "managed-by": "pulumi"}


def old_groups(groups: Iterable[dict[str, Any]], now: float) -> list[str]:
    """The names of groups with all of a night's tags, made more than a day before `now` (s)."""
    return [
        group["name"]
        for group in groups
        if _TAGS.items() <= (tags := group.get("tags") or {}).items()
        and tags.get("stack", "").startswith("ci-")
        and tags.get("made-at", "").isdigit()
        and float(tags["made-at"]) < now - _DAY
    ]


def old_stacks(stacks: Iterable[dict[str, Any]], now: float) -> list[str]:
    """The names of nights' stacks that nothing has updated for a day."""
    return [
        stack["name"]
        for stack in stacks
        if stack["name"].startswith("ci-")
        and datetime.fromisoformat(stack["lastUpdate"]).timestamp() < now - _DAY
    ]


def main() -> int:
    """Delete the groups, then forget the stacks; 1 if something could not be deleted."""
    now, failed = time.time(), 0
    groups = _answer("az", "group", "list", "--tag", "ephemeral=true", "--output", "json")
    for name in old_groups(groups, now):
        failed += _run("az", "group", "delete", "--yes", "--name", name)
    if failed:  # while its group is there, a stack is what `infra destroy` needs
        return 1
    stacks = _answer("pulumi", "-C", "infra", "stack", "ls", "--json")
    for name in old_stacks(stacks, now):
        failed += _run("pulumi", "-C", "infra", "stack", "rm", name, "--force", "--yes")
    return 1 if failed else 0


def _answer(*command: str) -> Any:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def _run(*command: str) -> int:
    sys.stderr.write(f"{' '.join(command)}\n")
    return 1 if subprocess.run(command, check=False).returncode else 0


if __name__ == "__main__":
    sys.exit(main())
