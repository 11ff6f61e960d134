"""Fields: those that a page sent, read in the event loop before a route runs in its thread."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from ingenious_ops.console.access import form_of


def text_of(form: FormData, name: str) -> str:
    """A field as the browser sent it, "" when it is not there; a file is no text."""
    found = form.get(name, "")
    return found if isinstance(found, str) else ""


async def _form(request: Request) -> FormData:
    return await form_of(request)


FormOf = Annotated[FormData, Depends(_form)]
"""All fields."""
