"""Shared: what the routes of prompts have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ValidationError
from starlette.responses import Response

from ingenious_ops.api.answers import changed
from ingenious_ops.api.asgi.paths import decoded
from ingenious_ops.api.bodies import json_body
from ingenious_ops.api.changes import Change, audit
from ingenious_ops.api.conditions import Condition
from ingenious_ops.api.context import context_of
from ingenious_ops.api.etags import etag_of
from ingenious_ops.api.identity.principal import Principal
from ingenious_ops.api.routes.prompts.models import NAMED
from ingenious_ops.records import revision_json
from ingenious_storage import PromptLibrary, Revision, RevisionId
from ingenious_storage.errors import AlreadyExistsError
from ingenious_storage.services.kinds import PROMPT_SETS

Name = Annotated[str, BeforeValidator(decoded), Path(json_schema_extra=NAMED)]
"""The name of a set or a label, as a segment of a path."""
B = TypeVar("B", bound=BaseModel)
T = TypeVar("T")


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


async def write(
    request: Request, change: Change, who: Principal, body: bytes, call: Callable[[], T]
) -> T:
    """What `call` makes, in a thread; once, however often the request is repeated."""
    with change.by(who, request, body):
        return await run_in_threadpool(call)


def expected(library: PromptLibrary, name: str, condition: Condition) -> int | RevisionId | None:
    """The revision of a set that a change goes on top of. Raises: ConflictError."""
    PROMPT_SETS.key(name)  # a name that no set can have is told before the condition
    return condition.expected(partial(_newest, library, name))


def set_changed(who: Principal, act: str, name: str, revision: Revision, **answer: Any) -> Response:
    """The answer to a change of a set, and its line in the audit log."""
    audit(who, act, f"set {name}", revision)
    return changed({"set": name, "revision": revision_json(revision)}, etag_of(revision), **answer)


def is_new(path: str) -> Callable[[dict[str, str]], None]:
    """A check of a commit: AlreadyExistsError when the set has such a file."""

    def check(files: dict[str, str]) -> None:
        if path in files:
            raise AlreadyExistsError(
                f"prompt {path!r} is there", hint="Send If-Match with its ETag."
            )

    return check


def _newest(library: PromptLibrary, name: str) -> RevisionId:
    return library.snapshot(name).revision
