"""Framework names: where memories and prompts of the Ingenious framework are in a storage.

`migrate`, the HTTP API and the framework's adapter go by the same names, so that what one of them
wrote the others find.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.keys import validate_name

CONTEXT: Final = "context.md"
"""The file of a memory: `memory/{thread}/context.md`."""
SHARED: Final = "_shared"
"""The conversation of `memory/context.md`, which belongs to no thread. No thread has this name."""
NO_REVISION: Final = "no-revision"
"""The prompt set of the files directly in `templates/prompts/`. No revision has this name."""

_OTHER: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 50
_HASH: Final = 8


def set_name(revision: str) -> str:
    """The prompt set of a revision: the name itself where it is allowed, else the nearest.

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
