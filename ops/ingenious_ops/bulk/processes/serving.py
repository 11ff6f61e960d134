"""What runs in a worker process: it takes a range, does it, answers, until its pipe ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing.connection import Connection

from ingenious_ops.bulk import held
from ingenious_ops.bulk.answers import answer


def serve(connection: Connection, environment: Mapping[str, str]) -> None:
    """Until the other end is closed, also by the death of its process.

    Args:
        environment: that of the parent. Who forked this process may have an older one.
    """
    os.environ.clear()
    os.environ.update(environment)
    try:
        while True:
            connection.send_bytes(answer(connection.recv_bytes()))
    except (EOFError, OSError):
        return
    finally:
        held.close()
