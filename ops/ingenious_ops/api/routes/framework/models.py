"""Models: bodies and answers of the framework's routes, for /openapi.json."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field, StrictStr

NO_PROMPTS: Final = "No prompts found or path not accessible"
NO_TEMPLATES: Final = (
    "No prompt templates found for this revision. Check if the revision exists or if templates "
    "have been uploaded."
)


class Update(BaseModel):
    """The new text of a prompt."""

    content: StrictStr = Field(examples=["You are a helpful assistant.\n"])


class Create(BaseModel):
    """A new revision: a prompt set with copies of the original templates."""

    revision_id: StrictStr | None = Field(
        default=None, description="None: a name is made up", examples=["my-workflow"]
    )


class Revisions(BaseModel):
    """The names of all prompt sets."""

    revisions: list[str]
    count: int
    discovered_from: Literal["template_directories", "workflows"]


class Workflow(BaseModel):
    """A prompt set, as the workflow that uses it."""

    workflow: str
    revision_id: str
    prompt_count: int
    prompt_files: list[str]
    note: str | None = None


class Workflows(BaseModel):
    """All prompt sets, as workflows."""

    workflows: list[Workflow]
    count: int
    total_workflows_discovered: int


class Listed(BaseModel):
    """The templates of one revision."""

    revision_id: str
    actual_revision_used: str | None = Field(
        default=None, description="missing when none was found"
    )
    normalized_revision_id: str
    files: list[str]
    count: int
    attempted_revisions: list[str]
    note: str | None = None


class Templates(BaseModel):
    """A revision, and the templates in it."""

    revision_id: str
    files: list[str]
    count: int


class Prompts(BaseModel):
    """A page of revisions with their templates, by name."""

    prompts: list[Templates]
    count: int
    next: str | None = Field(description="`page` of the next page; null: there is none")


class Updated(BaseModel):
    """Always the same."""

    message: Literal["File updated successfully"]


class Created(BaseModel):
    """The new revision."""

    revision_id: str
    message: Literal["Revision created successfully"]
    template_count: int
    copied_files: list[str]


class Detail(BaseModel):
    """What went wrong."""

    detail: str
    code: str | None = Field(
        default=None, description="stable; `ingenious-storage explain CODE` says what it means"
    )
    hint: str | None = None
    request_id: str | None = None


class Invalid(BaseModel):
    """What does not fit in a request."""

    class Error(BaseModel):
        """The faults, one by one."""

        code: Literal["REQUEST_VALIDATION_ERROR"]
        message: str
        correlation_id: str
        details: list[dict[str, Any]]
        recoverable: bool
        recovery_suggestion: str

    error: Error
