"""Author of a change, where nobody names one."""

from __future__ import annotations

import getpass
from pathlib import Path


def default_author() -> str | None:
    """`INGENIOUS_AUTHOR`, also in `.env`, else the login name, None for a user without one.

    Raises: ConfigurationError when the variable is empty, or the `.env` cannot be used.
    """
    from ingenious_storage.config import read_variables  # noqa: PLC0415  # slow

    named = read_variables(Path()).chosen(None, "INGENIOUS_AUTHOR")
    return login_name() if named is None else named.text


def login_name() -> str | None:
    """The login name of this process, None for a user without one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, or Windows without one
        return None
