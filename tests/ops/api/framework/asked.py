"""What both are asked, in this order: the framework when it is recorded, and this API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_CUSTOMER: Final = "/api/v1/prompts/update/bike-insights/customer.md"


@dataclass(frozen=True)
class Asked:
    """One request. Later ones see what earlier ones have changed."""

    name: str
    method: str
    path: str
    body: Any = None
    """Sent as JSON, bytes as they are; None: no body."""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    """Of a body; "": none is sent."""


def _get(name: str, path: str) -> Asked:
    return Asked(name, "GET", f"/api/v1/{path}")


def _update(name: str, path: str, body: Any) -> Asked:
    return Asked(name, "POST", f"/api/v1/prompts/update/{path}", body)


def _create(name: str, body: Any) -> Asked:
    return Asked(name, "POST", "/api/v1/revisions/create", body)


OPEN: Final = (
    _get("prompts", "prompts"),
    _get("prompts-with-a-slash", "prompts/"),
    _get("revisions", "revisions/list"),
    _get("revisions-with-a-slash", "revisions/list/"),
    _get("workflows", "workflows/list"),
    _get("list", "prompts/list/bike-insights"),
    _get("list-of-capitals-and-text", "prompts/list/quickstart-1"),
    _get("list-with-an-underscore", "prompts/list/bike_insights"),
    _get("list-in-capitals", "prompts/list/Bike-Insights"),
    _get("list-without-templates", "prompts/list/plain-text"),
    _get("list-of-nothing", "prompts/list/no-such-revision"),
    _get("view", "prompts/view/quickstart-1/user_prompt.md"),
    _get("view-jinja", "prompts/view/bike-insights/fiscal.jinja"),
    _get("view-unlisted", "prompts/view/quickstart-1/notes.txt"),
    _get("view-missing-file", "prompts/view/quickstart-1/missing.md"),
    _get("view-missing-revision", "prompts/view/no-such-revision/a.md"),
    _get("view-below-a-folder", "prompts/view/quickstart-1/a/b.md"),
    Asked("view-by-post", "POST", "/api/v1/prompts/view/quickstart-1/notes.txt"),
    Asked("view-by-delete", "DELETE", "/api/v1/prompts/view/quickstart-1/notes.txt"),
    _update("update", "bike-insights/customer.md", {"content": "Another.\n"}),
    _get("view-updated", "prompts/view/bike-insights/customer.md"),
    _update("update-new-file", "bike-insights/new.jinja", {"content": '\u6771\n"x"\n'}),
    _update("update-with-more-members", "bike-insights/more.md", {"content": "m", "x": 1}),
    _update("update-empty", "bike-insights/empty.md", {"content": ""}),
    Asked("update-of-no-type", "POST", _CUSTOMER, {"content": "of no type"}, content_type=""),
    _get("view-empty", "prompts/view/bike-insights/empty.md"),
    _get("list-updated", "prompts/list/bike-insights"),
    _update("update-new-revision", "made-here/first.md", {"content": "first\n"}),
    _get("list-new-revision", "prompts/list/made-here"),
    _update("update-without-content", "bike-insights/customer.md", {}),
    _update("update-with-null", "bike-insights/customer.md", {"content": None}),
    _update("update-with-a-number", "bike-insights/customer.md", {"content": 7}),
    _update("update-with-a-list", "bike-insights/customer.md", [1]),
    _update("update-without-a-body", "bike-insights/customer.md", None),
    _update("update-with-no-json", "bike-insights/customer.md", b"{content"),
    Asked("update-by-get", "GET", _CUSTOMER),
    Asked("update-by-put", "PUT", _CUSTOMER, {}),
    _create("create", {"revision_id": "My_Team Rev"}),
    _get("list-created", "prompts/list/my-teamrev"),
    _get("view-created", "prompts/view/my-teamrev/system.jinja"),
    _create("create-taken", {"revision_id": "my-workflow"}),
    _create("create-taken-again", {"revision_id": "my-workflow"}),
    _create("create-without-a-name", {}),
    _create("create-with-null", {"revision_id": None}),
    _create("create-with-no-text", {"revision_id": ""}),
    _create("create-with-spaces", {"revision_id": "   "}),
    _create("create-with-no-letter", {"revision_id": "!!!"}),
    _create("create-with-hyphens", {"revision_id": "--a--b__c--"}),
    _create("create-with-51-letters", {"revision_id": "x" * 51}),
    _create("create-with-50-letters", {"revision_id": "x" * 50}),
    _create("create-with-a-number", {"revision_id": 7}),
    _create("create-without-a-body", None),
    Asked("create-by-get", "GET", "/api/v1/revisions/create"),
    Asked("list-by-post", "POST", "/api/v1/revisions/list", {}),
)

_BASIC_WRONG: Final = ("authorization", "Basic YWRtaW46d3Jvbmc=")
_BEARER_WRONG: Final = ("authorization", "Bearer wrong")


def _all(name: str, *headers: tuple[str, str]) -> tuple[Asked, ...]:
    return (
        Asked(f"revisions-{name}", "GET", "/api/v1/revisions/list", None, headers),
        Asked(f"workflows-{name}", "GET", "/api/v1/workflows/list", None, headers),
        Asked(f"list-{name}", "GET", "/api/v1/prompts/list/bike-insights", None, headers),
        Asked(f"view-{name}", "GET", "/api/v1/prompts/view/quickstart-1/notes.txt", None, headers),
        Asked(
            f"update-{name}",
            "POST",
            _CUSTOMER,
            {"content": "x"},
            headers,
        ),
        Asked(f"create-{name}", "POST", "/api/v1/revisions/create", {}, headers),
    )


CLOSED: Final = (
    *_all("by-nobody"),
    *_all("by-a-wrong-token", _BEARER_WRONG),
    Asked("revisions-by-a-wrong-password", "GET", "/api/v1/revisions/list", None, (_BASIC_WRONG,)),
    Asked("prompts-by-nobody", "GET", "/api/v1/prompts"),
)
"""Where one has to say who one is."""
RECORDED: Final = {"open": OPEN, "closed": CLOSED}
