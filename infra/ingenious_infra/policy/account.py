"""Rules on the storage account itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ingenious_infra.policy.model import (
    ALL,
    NONE,
    PROD,
    Props,
    ResourceRule,
    allow,
    at,
    every,
    given,
    off,
    on,
)

_SAS_PERIOD = "01.00:00:00"
_KEY_DAYS = 90


def _account(
    name: str,
    sources: tuple[str, ...],
    description: str,
    check: Callable[[Props], Iterator[str]],
    *,
    mandatory: frozenset[str] = ALL,
    advisory: frozenset[str] = NONE,
) -> ResourceRule:
    return ResourceRule(
        name=name,
        sources=sources,
        description=description,
        check=check,
        mandatory=mandatory,
        advisory=advisory,
        kind="storage:StorageAccount",
    )


def _short_sas(props: Props) -> Iterator[str]:
    period = at(props, "sasPolicy.sasExpirationPeriod")
    if not isinstance(period, str) or period > _SAS_PERIOD or len(period) != len(_SAS_PERIOD):
        yield f"sasPolicy.sasExpirationPeriod is {period}; allowed: {_SAS_PERIOD} or less"


def _rotated_keys(props: Props) -> Iterator[str]:
    days = at(props, "keyPolicy.keyExpirationPeriodInDays")
    if days is None or not 1 <= days <= _KEY_DAYS:
        yield f"keyPolicy.keyExpirationPeriodInDays is {days}; allowed: 1 to {_KEY_DAYS}"


def _rotating_key(props: Props) -> Iterator[str]:
    """Where the customer keeps the key: without a version, and with an identity that may use it."""
    if at(props, "encryption.keySource") != "Microsoft.Keyvault":
        return
    if at(props, "encryption.keyVaultProperties.keyVersion"):
        yield "encryption.keyVaultProperties.keyVersion is set; allowed: none, so that it rotates"
    yield from given("encryption.encryptionIdentity.encryptionUserAssignedIdentity")(props)


ACCOUNT_RULES = (
    _account(
        "storage-environment-tag",
        ("Azure.Resource.UseTags",),
        "The account says which environment it belongs to; other rules read it.",
        allow("tags.environment", *sorted(ALL)),
    ),
    _account(
        "storage-shared-key-off",
        ("CKV2_AZURE_40",),
        "Applications sign in by identity; keys are an opt-in outside prod.",
        off("allowSharedKeyAccess"),
        mandatory=PROD,
        advisory=ALL - PROD,
    ),
    _account(
        "storage-portal-oauth",
        ("WAF SE:05",),
        "The portal signs in by identity.",
        on("defaultToOAuthAuthentication"),
    ),
    _account(
        "storage-https-only",
        ("CKV_AZURE_3", "Azure.Storage.SecureTransfer"),
        "Plain HTTP is refused.",
        on("enableHttpsTrafficOnly"),
    ),
    _account(
        "storage-tls",
        ("CKV_AZURE_44", "Azure.Storage.MinTLS"),
        "TLS 1.2 or later.",
        allow("minimumTlsVersion", "TLS1_2", "TLS1_3"),
    ),
    _account(
        "storage-anonymous-off",
        ("CKV_AZURE_59", "CKV_AZURE_190", "CKV2_AZURE_47", "Azure.Storage.BlobPublicAccess"),
        "No container can be opened to anonymous readers.",
        off("allowBlobPublicAccess"),
    ),
    _account(
        "storage-firewall",
        ("CKV_AZURE_35", "CKV_AZURE_36", "Azure.Storage.Firewall"),
        "Networks are denied unless listed; trusted Azure services are let through.",
        every(
            allow("networkRuleSet.defaultAction", "Deny"),
            allow("networkRuleSet.bypass", "AzureServices"),
        ),
    ),
    _account(
        "storage-public-network-off",
        ("CKV_AZURE_59", "WAF SE:06"),
        "In prod the account is reached through a private endpoint only.",
        allow("publicNetworkAccess", "Disabled"),
        mandatory=PROD,
    ),
    _account(
        "storage-cross-tenant-replication-off",
        ("WAF SE:06",),
        "Objects are not replicated to another tenant.",
        off("allowCrossTenantReplication"),
    ),
    _account(
        "storage-copy-scope",
        ("WAF SE:06",),
        "Data is copied within the tenant only.",
        allow("allowedCopyScope", "AAD", "PrivateLink"),
    ),
    _account(
        "storage-copy-scope-private",
        ("WAF SE:06",),
        "In prod data is copied within the private network only.",
        allow("allowedCopyScope", "PrivateLink"),
        mandatory=PROD,
    ),
    _account(
        "storage-local-users-off",
        ("WAF SE:05",),
        "No users of the account's own, and no SFTP.",
        every(off("isLocalUserEnabled"), off("isSftpEnabled")),
    ),
    _account(
        "storage-sas-policy",
        ("CKV2_AZURE_41",),
        "A SAS lives for a day at most, and longer ones are logged.",
        every(_short_sas, allow("sasPolicy.expirationAction", "Log", "Block")),
    ),
    _account(
        "storage-sas-policy-blocks",
        ("CKV2_AZURE_41",),
        "In prod a SAS that lives longer than a day is refused.",
        allow("sasPolicy.expirationAction", "Block"),
        mandatory=PROD,
    ),
    _account(
        "storage-key-rotation",
        ("WAF SE:09",),
        "The account reminds of its keys after 90 days.",
        _rotated_keys,
    ),
    _account(
        "storage-double-encryption",
        ("WAF SE:07",),
        "In prod the infrastructure encrypts a second time; it cannot be turned on later.",
        on("encryption.requireInfrastructureEncryption"),
        mandatory=PROD,
    ),
    _account(
        "storage-customer-managed-key",
        ("CKV2_AZURE_1",),
        "A key of the customer's has no version, and an identity that may use it.",
        _rotating_key,
    ),
    _account(
        "storage-redundancy",
        ("CKV_AZURE_206", "Azure.Storage.UseReplication"),
        "In prod copies are kept in another region.",
        allow("sku.name", "Standard_GZRS", "Standard_RAGZRS", "Standard_GRS", "Standard_RAGRS"),
        mandatory=PROD,
    ),
    _account(
        "storage-redundancy-zones",
        ("CKV_AZURE_206", "Azure.Storage.UseReplication"),
        "Test has copies in several zones, as prod has.",
        allow("sku.name", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS"),
        mandatory=NONE,
        advisory=frozenset({"test"}),
    ),
    _account(
        "storage-flat-namespace",
        ("WAF RE:09",),
        "No hierarchical namespace: it excludes versions and point-in-time restore.",
        off("isHnsEnabled"),
    ),
)
