"""Rules on who gets in: networks, identities, roles, keys."""

from __future__ import annotations

from collections.abc import Iterator

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
    given,
    on,
)

_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
_CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
_ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
_CONTAINER_ROLES = {_CONTRIBUTOR, _READER}
_KEY_ROLES = {_CRYPTO_USER, _ENCRYPTION_USER}

_DELETES_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers/delete"
_TOO_WIDE = {"*", "Microsoft.Storage/*", _DELETES_CONTAINERS}


def _least_privilege(stack: Stack) -> Iterator[str]:
    """Data roles at one container, key roles at one key; nothing at the account or above."""
    own = {
        role for found in stack.all("authorization:RoleDefinition") for role in _ids(found.props)
    }
    for found in stack.all("authorization:RoleAssignment"):
        scope = str(at(found.props, "scope"))
        role = str(at(found.props, "roleDefinitionId")).rpartition("/")[2]
        if role not in _CONTAINER_ROLES | _KEY_ROLES | own:
            yield f"{found.name}: role {role} is none of the program's"
        elif role in _KEY_ROLES and "/keys/" not in scope:
            yield f"{found.name}: scope is {scope}; allowed: one key"
        elif role not in _KEY_ROLES and "/containers/" not in scope:
            yield f"{found.name}: scope is {scope}; allowed: one container"


def _ids(props: Props) -> set[str]:
    return {str(at(props, "roleDefinitionId")).rpartition("/")[2]}


def _narrow_role(props: Props) -> Iterator[str]:
    for permission in at(props, "permissions") or []:
        for action in at(permission, "actions") or []:
            if action in _TOO_WIDE or action.endswith("containers/*"):
                yield f"permissions allow {action}; allowed: no container delete, no wildcard"


def _federated(props: Props) -> Iterator[str]:
    """A subject names one environment: a pull request's or a wildcard's would let anyone in."""
    subject = str(at(props, "subject"))
    if "*" in subject or ":environment:" not in subject:
        yield f"subject is {subject}; allowed: one that names an environment"


def _private_endpoint(stack: Stack) -> Iterator[str]:
    connections = [
        connection
        for found in stack.all("network:PrivateEndpoint")
        for connection in at(found.props, "privateLinkServiceConnections") or []
    ]
    if not any("blob" in (at(connection, "groupIds") or []) for connection in connections):
        yield "no private endpoint for blob; allowed: one"
    zones = [at(zone.props, "privateZoneName") for zone in stack.all("privatedns:PrivateZone")]
    if "privatelink.blob.core.windows.net" not in zones:
        yield "no private DNS zone privatelink.blob.core.windows.net; allowed: one"
    for kind in ("network:PrivateDnsZoneGroup", "privatedns:VirtualNetworkLink"):
        if len(stack.all(kind)) < len(connections) or not connections:
            yield f"no {kind.rpartition(':')[2]} for an endpoint; allowed: one each"


def _rotates(props: Props) -> Iterator[str]:
    actions = at(props, "properties.rotationPolicy.lifetimeActions") or []
    if not any(str(at(action, "action.type")).lower() == "rotate" for action in actions):
        yield "properties.rotationPolicy has no rotate action; allowed: one"


ACCESS_RULES = (
    StackRule(
        name="private-endpoint",
        sources=("CKV2_AZURE_33", "WAF SE:06"),
        description="In prod blobs are reached through a private endpoint, found by private DNS.",
        check=_private_endpoint,
        mandatory=PROD,
    ),
    ResourceRule(
        name="subnet-network-security-group",
        sources=("CKV2_AZURE_31", "Azure.VNET.UseNSGs"),
        description="A subnet has rules of who may connect.",
        kind="network:Subnet",
        check=given("networkSecurityGroup.id"),
    ),
    StackRule(
        name="role-scope",
        sources=("WAF SE:05",),
        description="A data role is given at one container, a key role at one key.",
        check=_least_privilege,
    ),
    ResourceRule(
        name="role-principal-type",
        sources=("WAF SE:05",),
        description="A role assignment says whom it is for.",
        kind="authorization:RoleAssignment",
        check=allow("principalType", "ServicePrincipal", "User", "Group"),
    ),
    ResourceRule(
        name="role-custom-narrow",
        sources=("CKV_AZURE_39", "WAF SE:05"),
        description="A role of our own deletes no container.",
        kind="authorization:RoleDefinition",
        check=_narrow_role,
    ),
    ResourceRule(
        name="federated-subject",
        sources=("CKV_AZURE_249", "WAF SE:05"),
        description="A federated credential admits one environment of one repository.",
        kind="managedidentity:FederatedIdentityCredential",
        check=_federated,
    ),
    ResourceRule(
        name="vault-recoverable",
        sources=("CKV_AZURE_42", "CKV_AZURE_110", "Azure.KeyVault.PurgeProtect"),
        description="A deleted vault can be brought back, and nobody can purge it.",
        kind="keyvault:Vault",
        check=every(
            on("properties.enablePurgeProtection"),
            on("properties.enableSoftDelete"),
            at_least("properties.softDeleteRetentionInDays", 7),
        ),
    ),
    ResourceRule(
        name="vault-rbac",
        sources=("Azure.KeyVault.RBAC",),
        description="Access to keys is by role, not by access policy.",
        kind="keyvault:Vault",
        check=on("properties.enableRbacAuthorization"),
    ),
    ResourceRule(
        name="vault-firewall",
        sources=("CKV_AZURE_109", "Azure.KeyVault.Firewall"),
        description="Networks are denied unless listed; trusted Azure services are let through.",
        kind="keyvault:Vault",
        check=every(
            allow("properties.networkAcls.defaultAction", "Deny"),
            allow("properties.networkAcls.bypass", "AzureServices"),
        ),
    ),
    ResourceRule(
        name="vault-public-network-off",
        sources=("CKV_AZURE_189", "CKV2_AZURE_32"),
        description="In prod the vault is reached through a private endpoint only.",
        kind="keyvault:Vault",
        check=allow("properties.publicNetworkAccess", "Disabled"),
        mandatory=PROD,
    ),
    ResourceRule(
        name="key-rotation",
        sources=("Azure.KeyVault.AutoRotationPolicy",),
        description="A key rotates by itself.",
        kind="keyvault:Key",
        check=_rotates,
    ),
)
