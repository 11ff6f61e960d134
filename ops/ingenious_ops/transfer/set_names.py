"""Names of the framework's revisions as names of prompt sets."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.keys import validate_name

_OTHER: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 50
_HASH: Final = 8


def set_name(revision: str) -> str:
    """The name itself where it is allowed, else the nearest one that is.

    Capitals become small letters and anything else a hyphen, as the framework takes
    `bike_insights` and `bike-insights` for one; what is too long, or has no letter at all, ends in
    a hash of the whole name.
    """
    try:
        return validate_name(revision, what="prompt set")
    except InvalidKeyError:
        plain = unicodedata.normalize("NFKD", revision).lower().encode("ascii", "ignore").decode()
    name = _OTHER.sub("-", plain).strip("-")
    if name and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(revision.encode("utf-8", "backslashreplace")).hexdigest()[:_HASH]
    return f"{name[: _LONGEST - _HASH - 1].rstrip('-') or 'set'}-{digest}"
