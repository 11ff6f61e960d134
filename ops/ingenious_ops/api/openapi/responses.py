"""Responses: what /openapi.json says of problems; each router takes `responses=problems(...)`."""

from __future__ import annotations

import http
from typing import Any, Final

from pydantic import BaseModel, Field

from ingenious_ops.api.problems import MEDIA_TYPE


class Fault(BaseModel):
    """One thing that does not fit."""

    at: list[str] = Field(description="where, from the outside in", examples=[["query", "limit"]])
    problem: str = Field(examples=["Input should be a valid integer"])


class Problem(BaseModel):
    """What went wrong (RFC 9457). Act on `code` and `status`, never on the words."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(
        description="stable; `ingenious-storage explain CODE` says what it means",
        examples=["memory_not_found"],
    )
    detail: str = Field(examples=["no memory 'c-1'"])
    hint: str | None = Field(default=None, description="the next step", examples=["List them."])
    errors: list[Fault] | None = Field(default=None, description="each thing that does not fit")
    outcome_unknown: bool = Field(default=False, description="a change may have landed")
    request_id: str | None = Field(default=None, examples=["5f0c1e7a9b3d4c2e8f6a0b1c2d3e4f50"])


_ALWAYS: Final = (400, 401, 403, 405, 408, 413, 414, 421, 422, 431, 500, 503, 504)
"""What any route may answer: its layers do."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a router or a route: what any route may answer, and these."""
    return {status: _documented(status) for status in sorted({*_ALWAYS, *statuses})}


def _documented(status: int) -> dict[str, Any]:
    title = http.HTTPStatus(status).phrase
    if status == 304:
        return {"description": title}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": title, "content": {MEDIA_TYPE: {"schema": schema}}}
