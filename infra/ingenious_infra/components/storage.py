"""The account, its blob service's data protection, the two containers and the lifecycle rules."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import authorization, security, storage

from ingenious_infra.components.account import AccountArgs, storage_account
from ingenious_infra.components.lifecycle import version_rules

_RESTORE_CHANGE_FEED_DAYS = 30


class Storage(pulumi.ComponentResource):
    """The storage account that the runtime library uses, with everything that is set on it."""

    account: storage.StorageAccount
    blob_service: storage.BlobServiceProperties
    containers: dict[str, storage.BlobContainer]
    endpoint: pulumi.Output[str]

    def __init__(
        self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ingenious:storage:Storage", name, None, opts)
        self._args = args
        self.account = storage_account(
            args,
            self._opts(
                protect=args.settings.protected,
                depends_on=[args.key.grant] if args.key else None,
            ),
        )
        self.blob_service = self._blob_service()
        self.containers = {
            "data": self._container("data", args.settings.container_data),
            "revisions": self._container("revisions", args.settings.container_revisions),
        }
        self._lifecycle()
        if args.settings.controls.defender:
            self._defender()
        endpoints = self.account.primary_endpoints
        self.endpoint = endpoints.apply(lambda found: found.blob.rstrip("/"))
        self.register_outputs({"endpoint": self.endpoint})

    def _opts(
        self, *, protect: bool = False, depends_on: list[pulumi.Resource] | None = None
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self, depends_on=depends_on or [], protect=protect or None
        )

    def _blob_service(self) -> storage.BlobServiceProperties:
        settings = self._args.settings
        restore = settings.point_in_time_restore_days
        change_feed = settings.controls.change_feed or restore is not None
        return storage.BlobServiceProperties(
            "blob-service",
            blob_services_name="default",
            account_name=self.account.name,
            resource_group_name=self._args.resource_group_name,
            is_versioning_enabled=True,
            change_feed=storage.ChangeFeedArgs(
                enabled=change_feed,
                retention_in_days=max(_RESTORE_CHANGE_FEED_DAYS, restore or 0)
                if change_feed
                else None,
            ),
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(
                enabled=True, days=settings.blob_retention_days, allow_permanent_delete=False
            ),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(
                enabled=True, days=settings.container_retention_days
            ),
            restore_policy=storage.RestorePolicyPropertiesArgs(
                enabled=restore is not None, days=restore
            ),
            opts=self._opts(),
        )

    def _container(self, name: str, container_name: str) -> storage.BlobContainer:
        settings = self._args.settings
        container = storage.BlobContainer(
            name,
            container_name=container_name,
            account_name=self.account.name,
            resource_group_name=self._args.resource_group_name,
            public_access=storage.PublicAccess.NONE,
            immutable_storage_with_versioning=storage.ImmutableStorageWithVersioningArgs(
                enabled=True
            )
            if settings.version_immutability
            else None,
            opts=self._opts(protect=settings.protected, depends_on=[self.blob_service]),
        )
        if settings.version_immutability:
            storage.BlobContainerImmutabilityPolicy(
                f"{name}-immutability",
                immutability_policy_name="default",
                account_name=self.account.name,
                container_name=container.name,
                resource_group_name=self._args.resource_group_name,
                immutability_period_since_creation_in_days=settings.version_immutability_days,
                opts=self._opts(),
            )
        return container

    def _lifecycle(self) -> None:
        storage.ManagementPolicy(
            "lifecycle",
            management_policy_name="default",
            account_name=self.account.name,
            resource_group_name=self._args.resource_group_name,
            policy=version_rules(self._args.settings),
            opts=self._opts(depends_on=[self.blob_service]),
        )

    def _defender(self) -> None:
        security.DefenderForStorage(
            "defender",
            setting_name="current",
            resource_id=self.account.id,
            properties=security.DefenderForStorageSettingPropertiesArgs(
                is_enabled=True, override_subscription_level_settings=True
            ),
            opts=self._opts(),
        )

    def lock(self, *, after: Sequence[pulumi.Resource]) -> None:
        """Refuse deletion of the account and of everything in it.

        The lock also holds role assignments and settings on the account, hence it is made after
        them, and removed before them.
        """
        authorization.ManagementLockByScope(
            "lock",
            lock_name="cannot-delete",
            level=authorization.LockLevel.CAN_NOT_DELETE,
            scope=self.account.id,
            notes="Holds the agents' memory and prompts. Managed by Pulumi.",
            opts=self._opts(depends_on=[*self.containers.values(), *after]),
        )
