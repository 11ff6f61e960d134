"""Versions on a cluster: what a worker is sent is read by its code, so all have one version."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

from ingenious_ops.bulk.errors import WorkerVersionError

_OURS: Final = "ingenious-storage"
_PROTOCOL: Final = "distributed"


def own() -> dict[str, str]:
    """Those of this process; on a cluster it is called in each worker."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, **{name: version(name) for name in (_OURS, _PROTOCOL)}}


def require(expected: Mapping[str, str], found: Mapping[str, str], who: str) -> None:
    """Raises: WorkerVersionError when `who` has other versions of what is in `found`."""
    for name, there in found.items():
        if there != expected[name]:
            raise WorkerVersionError(
                f"{who} has {name} {there}, and this command has {expected[name]}"
            )
