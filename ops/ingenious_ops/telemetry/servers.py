"""Signs that this process is one of several that serve the same application."""

from __future__ import annotations

import multiprocessing
import os
import sys


def sign_of_workers() -> str | None:
    """Such as "gunicorn runs it"; None when nothing tells. One worker may look like several."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn") or "gunicorn" in sys.modules:
        return "gunicorn runs it"
    if "uwsgi" in sys.modules:
        return "uWSGI runs it"
    concurrency = os.environ.get("WEB_CONCURRENCY", "")
    if concurrency.isdecimal() and int(concurrency) > 1:
        return f"WEB_CONCURRENCY is {concurrency}"
    # uvicorn, hypercorn and granian start their workers so; with --reload there is one.
    if multiprocessing.parent_process() is not None and "--reload" not in sys.argv:
        return "another Python process started it as a worker"
    return None
