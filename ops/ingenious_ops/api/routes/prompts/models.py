"""Models: what the routes of prompts take and answer, for /openapi.json."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ingenious_ops.api.openapi.documented import RevisionRecord

NAMED: Final[dict[str, Any]] = {"pattern": "^[a-z0-9][a-z0-9-]{0,49}$"}
"""How sets and labels are called; the library says so when one is not."""
_SET = Field(description="of a prompt set", examples=["quickstart-1"], json_schema_extra=NAMED)
_NEXT = Field(description="`page` of the next page; null: there is none")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewSet(_Body):
    """A prompt set to create."""

    name: str = Field(examples=["quickstart-1"], json_schema_extra=NAMED)
    files: dict[str, str] = Field(
        default_factory=dict, examples=[{"assistant.md": "You are a helpful assistant.\n"}]
    )
    source: str | None = Field(
        default=None,
        description="a set, or @label, whose files it begins with",
        examples=["@production"],
    )
    message: str | None = None


class Commit(_Body):
    """Changes of several files, in one revision."""

    changes: dict[str, str | None] = Field(
        description="the new text of each file; null takes it out",
        examples=[{"assistant.md": "You are brief.\n", "old.md": None}],
        min_length=1,
    )
    message: str | None = None
    tags: list[str] = Field(default_factory=list)


class Rollback(_Body):
    """An old revision to make the newest again."""

    revision: int = Field(ge=1)
    message: str | None = None


class Why(_Body):
    """Why something is done; the body may be left out."""

    message: str | None = None


class Move(_Body):
    """What a label is to pin."""

    set: str = _SET
    revision: int = Field(ge=1, description="a number of that set's history")
    message: str | None = None


class SetItem(BaseModel):
    """A prompt set in a list."""

    name: str = _SET
    size: int = Field(description="bytes that are stored of it and its newest history")
    changed: str = Field(description="RFC 3339, by the store's clock")


class Sets(BaseModel):
    """A page of prompt sets, by name."""

    sets: list[SetItem]
    next: str | None = _NEXT


class Set(BaseModel):
    """A prompt set as it was at one revision."""

    set: str = _SET
    revision: RevisionRecord
    files: dict[str, str]


class SetChanged(BaseModel):
    """What a change has made."""

    set: str = _SET
    revision: RevisionRecord


class Line(BaseModel):
    """One line of a difference."""

    op: Literal[" ", "-", "+"]
    old: int | None = Field(description="its number before")
    new: int | None = Field(description="its number after")
    text: str


class FileDifference(BaseModel):
    """One file that differs, in hunks of lines with three lines around each change."""

    path: str
    status: Literal["added", "removed", "changed"]
    hunks: list[list[Line]]


class SetDifference(BaseModel):
    """What differs between two revisions of a set."""

    model_config = ConfigDict(populate_by_name=True)

    set: str = _SET
    from_: int = Field(alias="from")
    to: int
    files: list[FileDifference]


class Forgotten(BaseModel):
    """What was done with the catalogue."""

    documents: int | None = Field(description="taken out of the server's index; null: it has none")
    snapshots: list[str] = Field(description="keys of the published ones that were deleted")
    error: str | None = Field(description="why the text may still be there; null: it is not")


class Erased(BaseModel):
    """The receipt of an erasure."""

    set: str = _SET
    key: str
    revisions: int | None
    blobs: int
    bytes: int
    keys: list[str] | None
    purged_at: str
    recoverable_until: str | None = Field(
        description="until when the account may bring it back; null: nobody said"
    )
    catalogue: Forgotten


class LabelRecord(BaseModel):
    """Where a label is."""

    label: str = Field(examples=["production"])
    set: str = _SET
    number: int
    write_id: str
    moved: RevisionRecord


class Labels(BaseModel):
    """A page of labels, by name."""

    labels: list[LabelRecord]
    next: str | None = _NEXT


class LabelHistory(BaseModel):
    """Where a label was, newest first."""

    label: str
    history: list[LabelRecord]
    next: str | None = _NEXT


class LabelDeleted(BaseModel):
    """The revision of the label that says that it is deleted."""

    label: str
    revision: RevisionRecord


def body(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """For `openapi_extra=`: a body that is read by hand, after it is known who asks."""
    schema = model.model_json_schema()
    return {
        "requestBody": {
            "required": required,
            "content": {"application/json": {"schema": schema}},
        }
    }
