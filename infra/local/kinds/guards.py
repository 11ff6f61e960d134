"""Guards: when Azure refuses to create or delete because of what else exists, with error codes."""

from __future__ import annotations

from local import arm
from local.errors import CloudError
from local.kinds.kind import Kind
from local.state import Records
from local.wire import Values


def not_found(resource_id: str) -> CloudError:
    """The answer of Azure for an id that names nothing."""
    what = f"{arm.type_of(resource_id)}/{arm.name(resource_id)}"
    return CloudError("ResourceNotFound", f"The Resource '{what}' was not found.")


def check_parent(records: Records, resource_id: str) -> None:
    """Raises: CloudError if the group, or the resource that this one lives in, is missing."""
    group = "/".join(resource_id.split("/")[:5])
    if group != resource_id and group.lower() not in records:
        raise CloudError(
            "ResourceGroupNotFound",
            f"Resource group '{arm.name(group)}' could not be found.",
        )
    parent = arm.parent(resource_id).removesuffix("/blobServices/default")
    if parent.count("/") > 2 and parent.lower() not in records:
        raise CloudError(
            "ParentResourceNotFound",
            f"Failed to perform 'write' on resource(s) of type '{arm.type_of(resource_id)}', "
            f"because the parent resource '{parent}' could not be found.",
        )


def check_new(
    records: Records, resource_id: str, kind: Kind, inputs: Values, *, exists: bool
) -> None:
    """Raises: CloudError if the resource is there, its name taken, or the role assigned."""
    if exists and not kind.is_singleton:
        raise CloudError(
            "ResourceExists", f"cannot create already existing resource '{resource_id}'"
        )
    if kind.unique and any(
        arm.type_of(record["id"]) == arm.type_of(resource_id)
        and arm.name(key) == arm.name(resource_id).lower()
        for key, record in records.items()
    ):
        name = inputs[kind.name_field]
        raise CloudError(kind.unique.code, kind.unique.message.format(name=name))
    if arm.type_of(resource_id) == "Microsoft.Authorization/roleAssignments":
        _check_role_assignment(records, inputs)


def _check_role_assignment(records: Records, inputs: Values) -> None:
    same = ("scope", "principalId", "roleDefinitionId")
    for record in records.values():
        values = record["properties"]
        if all(values.get(name) == inputs[name] for name in same):
            raise CloudError("RoleAssignmentExists", "The role assignment already exists.")


def check_locks(records: Records, resource_id: str) -> None:
    """Raises: CloudError if `resource_id`, or what it lives in or what lives in it, is locked."""
    for record in records.values():
        scope, marker, _ = record["id"].partition("/providers/Microsoft.Authorization/locks/")
        if not marker or record["id"].lower() == resource_id.lower():
            continue
        if arm.is_within(resource_id, scope) or arm.is_within(scope, resource_id):
            raise CloudError(
                "ScopeLocked",
                f"The scope '{resource_id}' cannot perform delete operation because following "
                f"scope(s) are locked: '{scope}'. Please remove the lock and try again.",
            )
