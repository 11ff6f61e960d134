"""Serve the real framework on loopback; a program of its own environment, started by `record`.

`python serve.py WORKSPACE SOCKET` takes the listening socket with that file number.
"""

from __future__ import annotations

import os
import socket
import sys
from types import ModuleType


def main() -> None:
    workspace, number = sys.argv[1:]
    os.chdir(workspace)
    sys.path.insert(0, workspace)
    # It is imported, never called: no route of the prompts has to do with a database, and its
    # wheel loads a library of the system that is rarely there.
    odbc = sys.modules["pyodbc"] = ModuleType("pyodbc")
    odbc.Connection = object  # type: ignore[attr-defined]
    import uvicorn
    from ingenious.config.config import get_config  # type: ignore[import-not-found,unused-ignore]
    from ingenious.main import create_app  # type: ignore[import-not-found,unused-ignore]

    config = uvicorn.Config(create_app(get_config()), log_level="error", access_log=False)
    server = uvicorn.Server(config)
    server.run(sockets=[socket.socket(fileno=int(number))])


main()
