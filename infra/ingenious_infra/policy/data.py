"""Rules on how data is kept: versions, soft delete, restore, lifecycle, containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingenious_infra.policy.model import (
    PROD,
    Props,
    ResourceRule,
    Stack,
    StackRule,
    allow,
    at,
    at_least,
    every,
    off,
    on,
)

_BLOB_SERVICE = "storage:BlobServiceProperties"

# Days that account versions live at most: of heads, and of history.
_HEAD_DAYS = {"dev": 1, "test": 2, "prod": 7}
_HISTORY_DAYS = {"dev": 7, "test": 14, "prod": 90}
# Of the keys of documents, which an erasure destroys.
_KEY_DAYS = 1
_SOFT_DELETE_DAYS = 7
_SOFT_DELETE_DAYS_PROD = 30


def _restore(props: Props) -> Iterator[str]:
    """Azure's own conditions of point-in-time restore."""
    if not at(props, "restorePolicy.enabled"):
        return
    days, kept = at(props, "restorePolicy.days"), at(props, "deleteRetentionPolicy.days")
    if days is None or kept is None or days >= kept:
        yield f"restorePolicy.days is {days}; allowed: fewer than soft delete's {kept}"
    if not at(props, "isVersioningEnabled") or not at(props, "changeFeed.enabled"):
        yield "restorePolicy needs isVersioningEnabled and changeFeed"


def _keeps_blobs(props: Props) -> Iterator[str]:
    for rule in at(props, "policy.rules") or []:
        if at(rule, "definition.actions.baseBlob"):
            yield f"rule {at(rule, 'name')} acts on base blobs; allowed: versions only"


def _lifecycle(stack: Stack) -> Iterator[str]:
    found = _version_days(stack)
    for place, days in _limits(stack).items():
        matching = [found[prefix] for prefix in found if prefix.endswith(f"/{place}")]
        if not matching or any(kept is None or kept > days for kept in matching):
            kept = ", ".join(map(str, matching)) or "not limited"
            yield f"versions under {place} are kept {kept} days; allowed: {days} at most"


def _version_days(stack: Stack) -> Mapping[str, int | None]:
    """How long versions below each prefix are kept, by the rules that are enabled."""
    return {
        prefix: at(rule, "definition.actions.version.delete.daysAfterCreationGreaterThan")
        for policy in stack.all("storage:ManagementPolicy")
        for rule in at(policy.props, "policy.rules") or []
        if at(rule, "enabled") is not False
        for prefix in at(rule, "definition.filters.prefixMatch") or []
    }


def _limits(stack: Stack) -> Mapping[str, int]:
    heads, history = _HEAD_DAYS[stack.environment], _HISTORY_DAYS[stack.environment]
    return {
        **dict.fromkeys(("conversations/", "prompts/", "labels/"), heads),
        **dict.fromkeys(("history/", "keys/master/", "keys/container.json"), history),
        "keys/documents/": _KEY_DAYS,
    }


def _change_feed(stack: Stack) -> Iterator[str]:
    for service in stack.all(_BLOB_SERVICE):
        if at(service.props, "changeFeed.enabled") is not True:
            yield f"{service.name}: changeFeed.enabled is off; allowed: True"
        if (at(service.props, "changeFeed.retentionInDays") or 0) < 30:
            yield f"{service.name}: changeFeed.retentionInDays; allowed: 30 or more"


def _long_soft_delete(stack: Stack) -> Iterator[str]:
    for service in stack.all(_BLOB_SERVICE):
        for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
            yield from at_least(f"{policy}.days", _SOFT_DELETE_DAYS_PROD)(service.props)


def _immutability(stack: Stack) -> Iterator[str]:
    immutable = [
        found.name
        for found in stack.all("storage:BlobContainer")
        if at(found.props, "immutableStorageWithVersioning.enabled")
    ]
    if not immutable:
        return
    if stack.environment != "prod":
        yield f"{', '.join(immutable)}: immutable versions are for prod, not {stack.environment}"
    if any(at(found.props, "restorePolicy.enabled") for found in stack.all(_BLOB_SERVICE)):
        yield f"{', '.join(immutable)}: immutable versions exclude point-in-time restore"


def _two_containers(stack: Stack) -> Iterator[str]:
    found = len(stack.all("storage:BlobContainer"))
    if found != 2:
        yield f"{found} containers; allowed: 2, data and revisions"
    if not stack.all(_BLOB_SERVICE):
        yield "no BlobServiceProperties; allowed: one, named default"


def _blob_service(
    name: str, sources: tuple[str, ...], description: str, check: Any
) -> ResourceRule:
    return ResourceRule(
        name=name, sources=sources, description=description, check=check, kind=_BLOB_SERVICE
    )


DATA_RULES = (
    _blob_service(
        "blob-versioning",
        ("WAF RE:09",),
        "An overwritten blob can be brought back.",
        on("isVersioningEnabled"),
    ),
    _blob_service(
        "blob-soft-delete",
        ("CKV2_AZURE_38", "Azure.Storage.SoftDelete"),
        "A deleted blob can be brought back for a week, by everyone who may read it.",
        every(
            on("deleteRetentionPolicy.enabled"),
            at_least("deleteRetentionPolicy.days", _SOFT_DELETE_DAYS),
            off("deleteRetentionPolicy.allowPermanentDelete"),
        ),
    ),
    _blob_service(
        "container-soft-delete",
        ("Azure.Storage.ContainerSoftDelete",),
        "A deleted container can be brought back for a week.",
        every(
            on("containerDeleteRetentionPolicy.enabled"),
            at_least("containerDeleteRetentionPolicy.days", _SOFT_DELETE_DAYS),
        ),
    ),
    _blob_service(
        "blob-restore-window",
        ("WAF RE:09",),
        "Point-in-time restore is shorter than soft delete, with versions and change feed.",
        _restore,
    ),
    ResourceRule(
        name="container-private",
        sources=("CKV_AZURE_34", "Azure.Storage.BlobAccessType"),
        description="A container has no anonymous readers.",
        kind="storage:BlobContainer",
        check=allow("publicAccess", "None"),
    ),
    ResourceRule(
        name="lifecycle-keeps-blobs",
        sources=("WAF RE:09",),
        description="No lifecycle rule deletes or moves what is current.",
        kind="storage:ManagementPolicy",
        check=_keeps_blobs,
    ),
    StackRule(
        name="lifecycle-limits-versions",
        sources=("WAF CO:10",),
        description="Versions of heads live 1, 2 or 7 days, of history and of keys above those of "
        "documents 7, 14 or 90, of documents' keys 1.",
        check=_lifecycle,
    ),
    StackRule(
        name="blob-change-feed",
        sources=("WAF RE:09",),
        description="Test and prod record every change for 30 days.",
        check=_change_feed,
        mandatory=PROD | {"test"},
    ),
    StackRule(
        name="soft-delete-prod",
        sources=("CKV2_AZURE_38", "Azure.Storage.SoftDelete"),
        description="In prod deleted blobs and containers can be brought back for 30 days.",
        check=_long_soft_delete,
        mandatory=PROD,
    ),
    StackRule(
        name="immutability",
        sources=("WAF SE:08",),
        description="Immutable versions are for prod, and exclude point-in-time restore.",
        check=_immutability,
    ),
    StackRule(
        name="containers",
        sources=("CKV_AZURE_34",),
        description="The account has its blob service set up, and two containers.",
        check=_two_containers,
    ),
)
