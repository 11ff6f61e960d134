"""Parameters of the pages of prompt sets and labels."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query

NameIn = Annotated[str, Query(alias="name", min_length=1)]
"""The name of a set or of a label in an address."""
NameSent = Annotated[str, Form(alias="name", min_length=1)]
"""The same in a form."""
RevisionIn = Annotated[int | None, Query(alias="revision", ge=1, le=10**18)]
"""The number of a revision in an address; None: the newest."""
RevisionSent = Annotated[int, Form(alias="revision", ge=1, le=10**18)]
FileIn = Annotated[str, Query(alias="file", min_length=1)]
"""The name of a file of a set in an address."""
