"""A key vault, for the key that encrypts the account and for one that applications encrypt with."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, keyvault, managedidentity

from ingenious_infra.components.account import AccountKey
from ingenious_infra.components.identity import role_id
from ingenious_infra.components.naming import Names
from ingenious_infra.settings import Settings

# Azure's built-in role "Key Vault Crypto Service Encryption User".
ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultArgs:
    """Which keys are wanted: `settings.customer_managed_key`, `settings.client_side_key`."""

    settings: Settings
    names: Names
    resource_group_name: pulumi.Input[str]
    tenant_id: str


class Vault(pulumi.ComponentResource):
    """Keys that rotate every year, in a vault that nobody can purge."""

    vault: keyvault.Vault
    account_key: AccountKey | None
    client_key: keyvault.Key | None

    def __init__(
        self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ingenious:storage:Vault", name, None, opts)
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self)
        self.vault = self._vault()
        self.account_key = self._account_key() if args.settings.customer_managed_key else None
        self.client_key = self._key("client-key") if args.settings.client_side_key else None
        self.register_outputs({})

    def _vault(self) -> keyvault.Vault:
        settings = self._args.settings
        return keyvault.Vault(
            "vault",
            vault_name=self._args.names.vault,
            resource_group_name=self._args.resource_group_name,
            location=settings.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=self._args.tenant_id,
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                enable_purge_protection=True,
                # An ephemeral stack's vault cannot be purged either: 7 is the least.
                soft_delete_retention_in_days=7 if settings.ephemeral else 90,
                public_network_access=(
                    "Enabled" if settings.controls.public_network else "Disabled"
                ),
                network_acls=keyvault.NetworkRuleSetArgs(
                    bypass=keyvault.NetworkRuleBypassOptions.AZURE_SERVICES,
                    default_action=keyvault.NetworkRuleAction.DENY,
                    ip_rules=[
                        keyvault.IPRuleArgs(value=address) for address in settings.allowed_ips
                    ],
                ),
            ),
            tags=self._args.names.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protected or None),
        )

    def _key(self, name: str) -> keyvault.Key:
        return keyvault.Key(
            name,
            key_name=name,
            vault_name=self.vault.name,
            resource_group_name=self._args.resource_group_name,
            properties=keyvault.KeyPropertiesArgs(
                kty=keyvault.JsonWebKeyType.RSA,
                key_size=3072,
                rotation_policy=keyvault.RotationPolicyArgs(
                    attributes=keyvault.KeyRotationPolicyAttributesArgs(expiry_time="P2Y"),
                    lifetime_actions=[
                        keyvault.LifetimeActionArgs(
                            action=keyvault.ActionArgs(
                                type=keyvault.KeyRotationPolicyActionType.ROTATE
                            ),
                            trigger=keyvault.TriggerArgs(time_after_create="P1Y"),
                        )
                    ],
                ),
            ),
            tags=self._args.names.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.settings.protected or None),
        )

    def _account_key(self) -> AccountKey:
        key = self._key("account-key")
        identity = managedidentity.UserAssignedIdentity(
            "encryption",
            resource_name_=self._args.names.of("id", "encryption"),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            tags=self._args.names.tags,
            opts=self._opts,
        )
        grant = authorization.RoleAssignment(
            "encryption-account-key",
            role_assignment_name=self._args.names.guid("role-assignment", "encryption"),
            scope=key.id,
            principal_id=identity.principal_id,
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            role_definition_id=role_id(self._args.names.subscription_id, ENCRYPTION_USER),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return AccountKey(
            vault_uri=self.vault.properties.apply(lambda found: found.vault_uri),
            key_name=key.name,
            identity_id=identity.id,
            grant=grant,
        )
