"""Guide of S3: AWS itself, and services that speak its API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guides.base import of_expired
from ingenious_ops.doctor.guides.buckets import BucketGuide
from ingenious_ops.doctor.model import Result, passed, warned

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_ops.doctor.places import Place
    from ingenious_storage.backends.account import Knock
    from ingenious_storage.config import Role
    from ingenious_storage.errors import StorageError

_SERVERS: Final = re.compile(r"(?i)amazons3|minio|versitygw|seaweedfs|ceph|cloudflare")
_ACTIONS: Final = {
    "container": "s3:ListBucket",
    "list": "s3:ListBucket",
    "read": "s3:GetObject",
    "latency": "s3:GetObject",
    "create": "s3:PutObject",
    "overwrite": "s3:PutObject",
    "preconditions": "s3:PutObject",
    "delete": "s3:DeleteObject",
}


class S3Guide(BucketGuide):
    """Its words are those of the `aws` command line."""

    max_skew = timedelta(minutes=15)
    """Source: RequestTimeTooSkewed, in "Error responses" of the S3 API reference."""
    disbelief = frozenset({"AccountProblem", "AllAccessDisabled", "NotSignedUp"})

    def unknown_host(self, context: Context, place: Place) -> str:
        return (
            f"There is no such region, or this machine's DNS does not know it: correct "
            f"storage.s3.region, and try `nslookup {place.host}`."
        )

    def is_it(self, knock: Knock) -> bool:
        headers = knock.headers
        return (
            any(name.startswith("x-amz-") for name in headers)
            or bool(_SERVERS.search(headers.get("server", "")))
            or headers.get("content-type", "").startswith("application/xml")
        )

    def of_knock(self, context: Context) -> tuple[str, ...]:
        region = context.knock.headers.get("x-amz-bucket-region") if context.knock else None
        return (f"the bucket is in {region}",) if region else ()

    def credential(self, context: Context) -> Result:
        """A key of the configuration, or what botocore finds."""
        identity = context.handle.identity()
        again = "Sign in again (`aws sso login`), or take a new key."
        if expired := of_expired(identity, f"{identity.source}: it", again=again):
            return expired
        assert context.settings is not None
        given = context.storage.s3
        if given.access_key_id is None:
            return passed(identity.source, *identity.details)
        summary = (
            f"access key {given.access_key_id} of "
            f"{context.settings.written('storage.s3.access_key_id')}"
        )
        if context.handle.is_clouds_own and given.session_token is None:
            return warned(
                f"{summary}: it never expires",
                hint="Take key and secret out of the configuration: a role of the machine, pod or "
                "function needs neither, and a person signs in by `aws sso login` with "
                "storage.s3.profile.",
            )
        return passed(summary)

    def is_about_rights(self, error: StorageError, asked: str) -> bool:
        return error.code == "permission_denied" and asked in _ACTIONS

    def rights(self, bucket: str, role: Role, asked: str) -> str:
        action = _ACTIONS[asked]
        thing = bucket if action == "s3:ListBucket" else f"{bucket}/*"
        return (
            f"Allow {action} on arn:aws:s3:::{thing} in the identity's policy, and look for a "
            "Deny in the bucket's own (`aws sts get-caller-identity` says who is asking, "
            f"`aws s3api get-bucket-policy --bucket {bucket}` what the bucket says)."
        )

    def versioning_off(self, context: Context, container: str) -> str:
        return (
            f"Run: aws s3api put-bucket-versioning --bucket {container} "
            "--versioning-configuration Status=Enabled"
        )

    def who_may_ask(self, context: Context, what: str, container: str) -> str | None:
        if what == "kind":
            return f"aws s3api get-bucket-location --bucket {container}"
        return f"aws s3api get-bucket-versioning --bucket {container}"
