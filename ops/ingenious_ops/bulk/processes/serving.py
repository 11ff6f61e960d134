"""What runs in a worker process: it takes a range, does it, answers, until its pipe ends."""

from __future__ import annotations

from multiprocessing.connection import Connection

from ingenious_ops.bulk import held
from ingenious_ops.bulk.answers import answer


def serve(connection: Connection) -> None:
    """Until the other end is closed, also by the death of its process."""
    try:
        while True:
            connection.send(answer(connection.recv_bytes()))
    except (EOFError, OSError):
        return
    finally:
        held.close()
