"""The storage account: who may reach it, by which keys, and how it is encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage

from ingenious_infra.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """The customer's key that encrypts the account, and the identity that may use it."""

    vault_uri: pulumi.Input[str]
    key_name: pulumi.Input[str]
    identity_id: pulumi.Input[str]
    grant: pulumi.Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountArgs:
    """What the account is made from; `key` is None where Microsoft keeps the key."""

    settings: Settings
    account_name: str
    resource_group_name: pulumi.Input[str]
    tags: Mapping[str, str]
    key: AccountKey | None


def storage_account(args: AccountArgs, opts: pulumi.ResourceOptions) -> storage.StorageAccount:
    """Register the account with every control that is set on the account itself."""
    settings, key = args.settings, args.key
    controls = settings.controls
    return storage.StorageAccount(
        "account",
        account_name=args.account_name,
        resource_group_name=args.resource_group_name,
        location=settings.location,
        tags=args.tags,
        kind=storage.Kind.STORAGE_V2,
        sku=storage.SkuArgs(name=settings.sku),
        access_tier=storage.AccessTier.HOT,
        allow_shared_key_access=settings.shared_key_access,
        default_to_o_auth_authentication=True,
        enable_https_traffic_only=True,
        minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
        allow_blob_public_access=False,
        public_network_access=_public_network_access(settings),
        network_rule_set=_network_rules(settings),
        allow_cross_tenant_replication=False,
        allowed_copy_scope=controls.copy_scope,
        is_local_user_enabled=False,
        is_sftp_enabled=False,
        is_hns_enabled=False,
        sas_policy=storage.SasPolicyArgs(
            sas_expiration_period="01.00:00:00",
            expiration_action=controls.sas_expiration_action,
        ),
        key_policy=storage.KeyPolicyArgs(key_expiration_period_in_days=90),
        encryption=_encryption(settings, key),
        identity=_identity(key),
        opts=opts,
    )


def _public_network_access(settings: Settings) -> storage.PublicNetworkAccess:
    if settings.controls.public_network:
        return storage.PublicNetworkAccess.ENABLED
    return storage.PublicNetworkAccess.DISABLED


def _network_rules(settings: Settings) -> storage.NetworkRuleSetArgs:
    """Deny all but the listed addresses; where public access is off Azure ignores the list."""
    return storage.NetworkRuleSetArgs(
        default_action=storage.DefaultAction.DENY,
        bypass=storage.Bypass.AZURE_SERVICES,
        ip_rules=[
            storage.IPRuleArgs(i_p_address_or_range=address, action=storage.Action.ALLOW)
            for address in settings.allowed_ips
        ],
        virtual_network_rules=[],
    )


def _encryption(settings: Settings, key: AccountKey | None) -> storage.EncryptionArgs:
    double = settings.controls.infrastructure_encryption
    blob = storage.EncryptionServicesArgs(
        blob=storage.EncryptionServiceArgs(enabled=True, key_type=storage.KeyType.ACCOUNT)
    )
    if key is None:
        return storage.EncryptionArgs(
            key_source=storage.KeySource.MICROSOFT_STORAGE,
            require_infrastructure_encryption=double,
            services=blob,
        )
    return storage.EncryptionArgs(
        key_source=storage.KeySource.MICROSOFT_KEYVAULT,
        # No version: Azure then follows the key's rotation by itself.
        key_vault_properties=storage.KeyVaultPropertiesArgs(
            key_name=key.key_name, key_vault_uri=key.vault_uri
        ),
        encryption_identity=storage.EncryptionIdentityArgs(
            encryption_user_assigned_identity=key.identity_id
        ),
        require_infrastructure_encryption=double,
        services=blob,
    )


def _identity(key: AccountKey | None) -> storage.IdentityArgs | None:
    if key is None:
        return None
    return storage.IdentityArgs(
        type=storage.IdentityType.USER_ASSIGNED, user_assigned_identities=[key.identity_id]
    )
