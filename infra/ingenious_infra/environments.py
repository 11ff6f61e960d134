"""Environments: where dev, test and prod differ. They differ in this table, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The controls that an environment fixes, and the defaults that its stacks may change."""

    # Fixed.
    public_network: bool
    copy_scope: str
    sas_expiration_action: str
    infrastructure_encryption: bool
    change_feed: bool
    head_version_days: int
    history_version_days: int
    availability_percent: float
    availability_severity: int
    defender: bool
    locked: bool
    needs_subnet: bool
    needs_alert_email: bool
    api_zones: bool
    api_replicas: int
    # Defaults.
    sku: str
    blob_retention_days: int
    container_retention_days: int
    capacity_budget_gb: int


ENVIRONMENTS = {
    "dev": Environment(
        public_network=True,
        copy_scope="AAD",
        sas_expiration_action="Log",
        infrastructure_encryption=False,
        change_feed=False,
        head_version_days=1,
        history_version_days=7,
        availability_percent=90,
        availability_severity=2,
        defender=False,
        locked=False,
        needs_subnet=False,
        needs_alert_email=False,
        api_zones=False,
        api_replicas=1,
        sku="Standard_LRS",
        blob_retention_days=7,
        container_retention_days=7,
        capacity_budget_gb=10,
    ),
    "test": Environment(
        public_network=True,
        copy_scope="AAD",
        sas_expiration_action="Log",
        infrastructure_encryption=False,
        change_feed=True,
        head_version_days=2,
        history_version_days=14,
        availability_percent=90,
        availability_severity=2,
        defender=False,
        locked=False,
        needs_subnet=False,
        needs_alert_email=False,
        api_zones=False,
        api_replicas=1,
        sku="Standard_ZRS",
        blob_retention_days=7,
        container_retention_days=7,
        capacity_budget_gb=10,
    ),
    "prod": Environment(
        public_network=False,
        copy_scope="PrivateLink",
        sas_expiration_action="Block",
        infrastructure_encryption=True,
        change_feed=True,
        head_version_days=7,
        history_version_days=90,
        availability_percent=99.9,
        availability_severity=1,
        defender=True,
        locked=True,
        needs_subnet=True,
        needs_alert_email=True,
        api_zones=True,
        api_replicas=3,
        sku="Standard_GZRS",
        blob_retention_days=30,
        container_retention_days=30,
        capacity_budget_gb=500,
    ),
}
