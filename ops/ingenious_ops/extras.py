"""Extras of the distribution: what they bring, and the error that names a missing one."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ingenious_storage.errors import StorageError

_NAME: Final = "ingenious-storage"


class ExtraMissingError(StorageError):
    """A command needs a package that only an extra of the distribution installs."""

    code = "extra_missing"


@contextmanager
def needs_extra(extra: str, *packages: str) -> Iterator[None]:
    """Raise ExtraMissingError when one of `packages`, which the block imports, is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in packages:
            raise
        problem = f"this needs {name}, which is not installed"
    else:
        return
    raise ExtraMissingError(problem, hint=f"Run: {install_line(extra)}")


def install_line(extra: str) -> str:
    """The command that adds `extra` to this installation, from where this installation is from.

    The name is not registered at PyPI: without the source the command would find nothing, or
    something of somebody else.
    """
    try:
        source = _source(distribution(_NAME))
    except PackageNotFoundError:  # the code lies on the path without its metadata
        return f"pip install '.[{extra}]' (in the checkout)"
    url = str(source.get("url", ""))
    if not url:
        index = "from the index or the folder that it was installed from"
        return f"pip install '{_NAME}[{extra}]' ({index}: it is not on PyPI)"
    if url.startswith("file:"):
        path = shlex.quote(f"{url2pathname(urlsplit(url).path)}[{extra}]")
        editable = source.get("dir_info", {}).get("editable")
        return f"pip install {'-e ' if editable else ''}{path}"
    vcs = source.get("vcs_info", {})
    if vcs:
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    bare = re.sub(r"//[^/@]*@", "//", url)  # a password may stand there
    return f"pip install {shlex.quote(f'{_NAME}[{extra}] @ {bare}')}"


def _source(installed: Distribution) -> dict[str, Any]:
    """Where it was installed from: direct_url.json of PEP 610, which an index leaves out."""
    found: dict[str, Any] = json.loads(installed.read_text("direct_url.json") or "{}")
    return found
