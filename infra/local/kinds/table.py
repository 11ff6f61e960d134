"""The table written by hand: for each resource type its id, and what the SDK does not say.

Names are those of Azure's "Naming rules and restrictions for Azure resources", create-only
properties those of the resource types' reference pages.
"""

from __future__ import annotations

from local import arm
from local.errors import CloudError
from local.kinds.kind import Kind, NameRule, Unique

_GROUP = f"/subscriptions/{arm.SUBSCRIPTION}/resourceGroups/{{resourceGroupName}}"
_ACCOUNT = _GROUP + "/providers/Microsoft.Storage/storageAccounts/{accountName}"
_VAULT = _GROUP + "/providers/Microsoft.KeyVault/vaults/{vaultName}"
_IDENTITY = _GROUP + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
_NETWORK = _GROUP + "/providers/Microsoft.Network"
_INSIGHTS = _GROUP + "/providers/Microsoft.Insights"
_APP = _GROUP + "/providers/Microsoft.App"
_ACCESS = "/{scope}/providers/Microsoft.Authorization"

_DEFAULT = NameRule("default", 'always "default"')
_UUID = NameRule(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a UUID")
_GROUP_NAME = NameRule(
    r"[\w().-]{0,89}[\w()-]", "1 to 90 letters, digits and '_().-', no '.' at its end"
)
_NETWORK_NAME = NameRule(
    r"(?!.{81})[^\W_]([\w.-]*\w)?",
    "1 to 80 letters, digits and '_.-', a letter or digit first, no '.' or '-' at its end",
)
_ALERT_NAME = NameRule(
    r"[^*#&+:<>?@%{}\\/|]{0,259}[^*#&+:<>?@%{}\\/|. ]",
    r"1 to 260 characters, none of '*#&+:<>?@%{}\/|', no '.' or space at its end",
)
_CONTAINER_NAME = NameRule(
    r"(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*",
    "3 to 63 lower-case letters, digits and single hyphens between them",
)
_ACCOUNT_KIND = Kind(
    _ACCOUNT,
    NameRule(r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits"),
    create_only=(
        "dnsEndpointType",
        "enableNfsV3",
        "encryption.requireInfrastructureEncryption",
        "extendedLocation",
        "immutableStorageWithVersioning",
        "isHnsEnabled",
        "kind",
    ),
    unique=Unique(
        "StorageAccountAlreadyTaken", "The storage account named {name} is already taken."
    ),
)
_VAULT_KIND = Kind(
    _VAULT,
    NameRule(
        r"(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])*",
        "3 to 24 letters, digits and single hyphens between them, a letter first",
    ),
    create_only=("properties.tenantId",),
    unique=Unique(
        "VaultAlreadyExists",
        "The vault name '{name}' is already in use. Vault names are globally unique so it is "
        "possible that the name is already taken.",
    ),
)

_KINDS = {
    "resources:ResourceGroup": Kind(_GROUP, _GROUP_NAME),
    "storage:StorageAccount": _ACCOUNT_KIND,
    "storage:BlobServiceProperties": Kind(
        _ACCOUNT + "/blobServices/{blobServicesName}", _DEFAULT, is_singleton=True
    ),
    "storage:BlobContainer": Kind(
        _ACCOUNT + "/blobServices/default/containers/{containerName}",
        _CONTAINER_NAME,
        create_only=("defaultEncryptionScope", "denyEncryptionScopeOverride"),
    ),
    "storage:ManagementPolicy": Kind(
        _ACCOUNT + "/managementPolicies/{managementPolicyName}", _DEFAULT
    ),
    "keyvault:Vault": _VAULT_KIND,
    "keyvault:Key": Kind(
        _VAULT + "/keys/{keyName}",
        NameRule(r"[A-Za-z0-9-]{1,127}", "1 to 127 letters, digits and hyphens"),
        create_only=("properties.curveName", "properties.keySize", "properties.kty"),
    ),
    "managedidentity:UserAssignedIdentity": Kind(
        _IDENTITY,
        NameRule(
            r"[A-Za-z0-9][\w-]{2,127}", "3 to 128 letters, digits and '_-', no sign at its start"
        ),
    ),
    "managedidentity:FederatedIdentityCredential": Kind(
        _IDENTITY + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
        NameRule(
            r"[A-Za-z0-9][\w-]{2,119}", "3 to 120 letters, digits and '_-', no sign at its start"
        ),
    ),
    "authorization:RoleAssignment": Kind(
        _ACCESS + "/roleAssignments/{roleAssignmentName}",
        _UUID,
        create_only=("principalId", "principalType", "roleDefinitionId"),
    ),
    "authorization:RoleDefinition": Kind(_ACCESS + "/roleDefinitions/{roleDefinitionId}", _UUID),
    "authorization:ManagementLockByScope": Kind(_ACCESS + "/locks/{lockName}", _ALERT_NAME),
    "network:VirtualNetwork": Kind(
        _NETWORK + "/virtualNetworks/{virtualNetworkName}", _NETWORK_NAME
    ),
    "network:Subnet": Kind(
        _NETWORK + "/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}", _NETWORK_NAME
    ),
    "network:NetworkSecurityGroup": Kind(
        _NETWORK + "/networkSecurityGroups/{networkSecurityGroupName}", _NETWORK_NAME
    ),
    "network:PrivateEndpoint": Kind(
        _NETWORK + "/privateEndpoints/{privateEndpointName}",
        _NETWORK_NAME,
        create_only=("privateLinkServiceConnections", "subnet.id"),
    ),
    "network:PrivateDnsZoneGroup": Kind(
        _NETWORK
        + "/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
        _NETWORK_NAME,
    ),
    "privatedns:PrivateZone": Kind(
        _NETWORK + "/privateDnsZones/{privateZoneName}",
        NameRule(r"(?=.{1,63}$)[\w-]+(\.[\w-]+)+", "a DNS zone of at least two labels"),
    ),
    "privatedns:VirtualNetworkLink": Kind(
        _NETWORK
        + "/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
        _NETWORK_NAME,
        create_only=("virtualNetwork.id",),
    ),
    "app:ManagedEnvironment": Kind(
        _APP + "/managedEnvironments/{environmentName}",
        NameRule(
            r"(?=.{1,60}$)[A-Za-z](-?[A-Za-z0-9])*",
            "1 to 60 letters, digits and single hyphens between them, a letter first",
        ),
        create_only=(
            "vnetConfiguration.infrastructureSubnetId",
            "vnetConfiguration.internal",
            "zoneRedundant",
        ),
    ),
    "app:ContainerApp": Kind(
        _APP + "/containerApps/{containerAppName}",
        NameRule(
            r"(?=.{2,32}$)[a-z](-?[a-z0-9])*",
            "2 to 32 lower-case letters, digits and single hyphens between them, a letter first",
        ),
        create_only=("environmentId",),
    ),
    "security:DefenderForStorage": Kind(
        "/{resourceId}/providers/Microsoft.Security/defenderForStorageSettings/{settingName}",
        NameRule("current", 'always "current"'),
        is_singleton=True,
    ),
    "operationalinsights:Workspace": Kind(
        _GROUP + "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
        NameRule(
            r"(?=.{4,63}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])",
            "4 to 63 letters, digits and hyphens, no hyphen at an end",
        ),
    ),
    "monitor:ActionGroup": Kind(_INSIGHTS + "/actionGroups/{actionGroupName}", _ALERT_NAME),
    "monitor:ActivityLogAlert": Kind(
        _INSIGHTS + "/activityLogAlerts/{activityLogAlertName}", _ALERT_NAME
    ),
    "monitor:DiagnosticSetting": Kind(
        "/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}", _ALERT_NAME
    ),
    "monitor:MetricAlert": Kind(_INSIGHTS + "/metricAlerts/{ruleName}", _ALERT_NAME),
}


TOKENS = tuple(f"azure-native:{name}" for name in _KINDS)


def kind_of(token: str) -> Kind:
    """The row of `token`, for example "azure-native:storage:StorageAccount".

    Raises: CloudError if local Azure does not have the type.
    """
    kind = _KINDS.get(token.removeprefix("azure-native:"))
    if kind is None:
        raise CloudError(
            "NotInLocalAzure", f"{token} has no row in the table of infra/local/kinds/table.py."
        )
    return kind
