"""Forms: what pages send back of what was seen, and how it is read."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Form, Query

from ingenious_ops.api.errors import InvalidRequestError
from ingenious_storage import RevisionId

_TOKEN: Final = re.compile(r"(\d{1,18})-([0-9a-f]{1,64})", re.ASCII)

NameIn = Annotated[str, Query(alias="id", min_length=1)]
"""The id of a conversation in an address."""
NameSent = Annotated[str, Form(alias="id", min_length=1)]
"""The same in a form."""
Reason = Annotated[str, Form(max_length=500)]
Seen = Annotated[str, Form(alias="expected")]
"""The revision that a person looked at when they decided: `token_of` it."""
Number = Annotated[int, Query(ge=1, le=10**18)]


def token_of(revision: RevisionId) -> str:
    """A revision in a form, such as `7-0123456789abcdef`."""
    return f"{revision.number}-{revision.write_id}"


def revision_of(token: str) -> RevisionId:
    """The revision of a form. Raises: InvalidRequestError."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise InvalidRequestError(
            "the form does not say which revision was looked at", hint="Open the page again."
        )
    return RevisionId(int(found[1]), found[2])


def given(reason: str) -> str | None:
    """The reason, None when there is only space."""
    return reason.strip() or None
