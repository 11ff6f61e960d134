"""Azure Resource Manager's ids, which Azure compares without regard to case."""

from __future__ import annotations

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
CALLER = "00000000-0000-4000-8000-000000000003"


def parent(resource_id: str) -> str:
    """The id of what `resource_id` lives in: a resource, a resource group or the subscription."""
    segments = resource_id.split("/")
    return "/".join(segments[: -4 if segments[-4] == "providers" else -2])


def name(resource_id: str) -> str:
    """The last segment of an id."""
    return resource_id.rpartition("/")[2]


def type_of(resource_id: str) -> str:
    """For example "Microsoft.Storage/storageAccounts/blobServices"."""
    _, marker, path = resource_id.rpartition("/providers/")
    if not marker:
        return "Microsoft.Resources/resourceGroups"
    namespace, *segments = path.split("/")
    return "/".join([namespace, *segments[::2]])


def is_within(resource_id: str, scope: str) -> bool:
    """Whether an id is `scope`, or lies below it; without regard to case."""
    return f"{resource_id}/".lower().startswith(f"{scope}/".lower())
