"""Child of test_local_crash: one write to a folder; prints "done" or the error as JSON."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import StorageError


def main(folder: str, call: str, key: str, letter: str) -> None:
    backend, data = LocalBackend(Path(folder)), letter.encode() * 100_000
    try:
        if call == "put":
            backend.put(key, data)
        elif call == "upload":
            backend.upload(key, io.BytesIO(data * 50))
        elif call == "delete":
            backend.delete(key)
    except StorageError as error:
        answer = {"code": error.code, "outcome_unknown": error.outcome_unknown}
        sys.stdout.write(json.dumps(answer))
    else:
        sys.stdout.write("done")


main(*sys.argv[1:])
