"""Outputs of a stack as the program has them."""

from __future__ import annotations

from typing import Any


def outputs(account: str = "ingeniousdev1a2b", **more: Any) -> dict[str, Any]:
    return {
        "environment": "dev",
        "resource_group_name": "ingenious-dev",
        "storage_account_name": account,
        "storage_endpoint": f"https://{account}.blob.core.windows.net",
        "container_data": "ingenious-data",
        "container_revisions": "ingenious-revisions",
        "application_client_id": "5f1c0f0e-0000-4000-8000-000000000000",
        "publisher_client_id": "5f1c0f0e-0000-4000-8000-000000000001",
        "key_vault_key_id": None,
        "retention_days": 7.0,
        "key_retention_days": 3.0 if "key_vault_key_id" in more else None,
        "shared_key_access": False,
        **more,
    }


STORAGE = {
    "type": "azure_blob",
    "account_name": "ingeniousdev1a2b",
    "container_data": "ingenious-data",
    "container_revisions": "ingenious-revisions",
    "auto_create_containers": False,
    "retention_days": 7,
}
