"""Documented: what /openapi.json says of bodies and answers that routes read and write as bytes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

_ETAG = {"ETag": {"description": "of the revision", "schema": {"type": "string"}}}


class RevisionRecord(BaseModel):
    """One revision, without its data."""

    number: int = Field(examples=[7])
    write_id: str = Field(examples=["5f0c1e7a9b3d4c2e"])
    created_at: str = Field(examples=["2026-05-31T12:00:00Z"])
    author: str | None = Field(examples=["jo@example.org"])
    message: str | None = Field(examples=["Reviewed"])
    tags: list[str] = Field(examples=[["reviewed"]])
    size: int = Field(description="bytes of the data as JSON", examples=[512])
    sha256: str
    deleted: bool
    erased: bool = Field(
        default=False, description="it was taken out of the history for good; else it is left out"
    )


class NamedRevision(RevisionRecord):
    """A revision of a memory, with the memory's id."""

    id: str = Field(description="of the memory", examples=["c-1"])


class History(BaseModel):
    """Revisions, newest first."""

    revisions: list[RevisionRecord]
    next: str | None = Field(description="`page` of the next ones; null: these are the last")


class Difference(BaseModel):
    """What changed from one revision to another."""

    diff: str = Field(description="unified, of the indented JSON; empty when nothing changed")


class Listed(BaseModel):
    """A memory as a list has it."""

    id: str = Field(examples=["c-1"])
    size: int = Field(description="bytes of the blob with its recent history")
    changed: str = Field(description="by the clock of the store", examples=["2026-05-31T12:00:00Z"])


class Memories(BaseModel):
    """Memories, in the order of their keys; a page may be short, or empty, and not the last."""

    memories: list[Listed]
    next: str | None


class Piece(BaseModel):
    """A part of an excerpt."""

    text: str
    hit: bool = Field(description="whether it is one of the words that were looked for")


class HitRecord(BaseModel):
    """One document that was found."""

    kind: str = Field(examples=["memory"])
    name: str
    revision: int
    changed: str
    author: str | None
    message: str | None
    tags: list[str]
    size: int
    deleted: bool
    excerpt: list[Piece]


class Found(BaseModel):
    """What a search found, best first."""

    hits: list[HitRecord]
    next: str | None
    synced_at: str = Field(description="how old the index is")


def answer(model: type[BaseModel], what: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: an answer of JSON with an ETag."""
    return {status: {"model": model, "description": what, "headers": _ETAG}}


def body(example: Any, schema: dict[str, Any] | None = None, *types: str) -> dict[str, Any]:
    """For `openapi_extra=`: a body of JSON that the route reads itself."""
    content = {"schema": schema or {}, "example": example}
    return {"content": dict.fromkeys(types or ("application/json",), content), "required": True}


def raw(what: str, example: Any, media_type: str = "application/json") -> dict[str, Any]:
    """For `responses=`: an answer of stored bytes, or of lines."""
    content = {media_type: {"schema": {}, "example": example}}
    return {"description": what, "content": content}
