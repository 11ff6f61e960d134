"""Accounts of the servers of the tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingenious_storage.config.buckets.s3 import S3Account, S3Settings, resolve_s3
from ingenious_storage.http.trust import Trust

if TYPE_CHECKING:
    from tests.support.servers.s3 import S3Server


def account_of(server: S3Server) -> S3Account:
    """The account of a server, as settings mean it."""
    ca_file = None if server.ca_file is None else str(server.ca_file)
    return replace(resolve_s3(S3Settings(**server.section)), trust=Trust(ca_file))
