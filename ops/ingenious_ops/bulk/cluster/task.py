"""What runs in a worker of the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from ingenious_ops.bulk.answers import answer
from ingenious_ops.bulk.cluster import versions


def run_range(expected: Mapping[str, str], packed: bytes) -> bytes:
    """Do one range. Raises: WorkerVersionError before anything of it is read.

    Every worker was asked for its versions before; this one may have come later.
    """
    versions.require(expected, versions.own(), "a worker that joined")
    return answer(packed)
