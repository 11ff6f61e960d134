"""Check of the account name: that it is free, asked before any resource is registered.

Azure itself says so only when the account is created, and by then its resource group is there. The
SDK has no function for it, but the names of accounts are host names, so DNS knows them.
"""

from __future__ import annotations

import secrets
import socket

import pulumi
from pulumi_azure_native import storage

from ingenious_infra.settings import SettingsError

_SUFFIX = "blob.core.windows.net"


def require_free(account: str, resource_group: str) -> None:
    """Raise SettingsError if `account` exists anywhere but in the stack's own resource group.

    Other clouds than the public one have other host names: there Azure finds it at the create.
    """
    if pulumi.Config("azure-native").get("environment") not in (None, "public"):
        return
    if not _is_known(account) or _is_known(secrets.token_hex(12)):  # a DNS that knows every name
        return
    if not _is_ours(account, resource_group):
        key = pulumi.Config().full_key("account_name")
        raise SettingsError(
            f"{key} is '{account}', which is taken; allowed: a name that no account in Azure has "
            "(one that was deleted just now is free when its DNS record has expired)"
        )


def _is_known(account: str) -> bool:
    try:
        socket.getaddrinfo(f"{account}.{_SUFFIX}", 443)
    except OSError:
        return False
    return True


def _is_ours(account: str, resource_group: str) -> bool:
    try:
        storage.get_storage_account(account_name=account, resource_group_name=resource_group)
    except Exception as error:  # the SDK has no type for it
        if "NotFound" in str(error):
            return False
        raise
    return True
