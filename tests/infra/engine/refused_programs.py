"""Small programs that Azure refuses."""

from __future__ import annotations

import socket
from unittest import mock

import pulumi
from pulumi_azure_native import resources, storage

from tests.support.stack_process import run_infra


def infra_where_every_account_exists() -> None:
    """The unchanged program, with DNS as it is once accounts of its names have been made."""

    def resolve(host: str, port: int) -> list[object]:
        if len(host.partition(".")[0]) == 24:  # drawn at random
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(host, port)]

    with mock.patch("socket.getaddrinfo", resolve):
        run_infra()


def orphan() -> None:
    storage.BlobServiceProperties(
        "orphan",
        account_name="nowhere",
        blob_services_name="default",
        resource_group_name=_group().name,
    )


def lost() -> None:
    _account("nowhere", "lost")


def bogus_sku() -> None:
    _account(_group().name, "bogus", sku="Standard_BOGUS")


def capital() -> None:
    _account(_group().name, "Capital")


def too_long() -> None:
    _account(_group().name, "a" * 25)


def _group() -> resources.ResourceGroup:
    return resources.ResourceGroup("group", resource_group_name="rg-refused", location="westus")


def _account(group: pulumi.Input[str], name: str, sku: str = "Standard_LRS") -> None:
    storage.StorageAccount(
        "account",
        account_name=name,
        kind="StorageV2",
        location="westus",
        resource_group_name=group,
        sku=storage.SkuArgs(name=sku),
    )
