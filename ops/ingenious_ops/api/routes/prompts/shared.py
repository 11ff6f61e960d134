"""Shared: what the routes of prompts have in common, such as names, bodies and checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ValidationError

from ingenious_ops.api.asgi.paths import decoded
from ingenious_ops.api.bodies import json_body
from ingenious_ops.api.context import context_of
from ingenious_ops.api.routes.prompts.models import NAMED
from ingenious_storage import PromptLibrary
from ingenious_storage.errors import AlreadyExistsError

Name = Annotated[str, BeforeValidator(decoded), Path(json_schema_extra=NAMED)]
"""The name of a set or a label, as a segment of a path."""
B = TypeVar("B", bound=BaseModel)


def library_of(request: Request) -> PromptLibrary:
    """The prompts of the application."""
    return context_of(request).storage.prompts


async def read(request: Request, model: type[B], *, optional: bool = False) -> tuple[B, bytes]:
    """The body as `model` has it, and its bytes. Raises: as `json_body`, RequestValidationError."""
    if optional and not await request.body():
        return model(), b""
    value, raw = await json_body(request)
    try:
        return model.model_validate(value), raw
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from None


def is_new(path: str) -> Callable[[dict[str, str]], None]:
    """A check of a commit: AlreadyExistsError when the set has such a file."""

    def check(files: dict[str, str]) -> None:
        if path in files:
            raise AlreadyExistsError(
                f"prompt {path!r} is there", hint="Send If-Match with its ETag."
            )

    return check
