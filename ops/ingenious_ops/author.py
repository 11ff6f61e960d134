"""Who makes a change, where nobody says."""

from __future__ import annotations

import getpass
import os


def default_author() -> str | None:
    """`INGENIOUS_AUTHOR`, else the login name, None for a user without one."""
    return os.environ.get("INGENIOUS_AUTHOR") or login_name()


def login_name() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, or Windows without one
        return None
