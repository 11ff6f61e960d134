"""Guide of Google Cloud Storage and its emulators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guides.buckets import BucketGuide
from ingenious_ops.doctor.model import Result, passed

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_storage.backends.account import Knock
    from ingenious_storage.config import Role
    from ingenious_storage.errors import StorageError

_OWN: Final = ("x-guploader-uploadid", "x-goog-api-client", "x-goog-generation")
_READS: Final = frozenset({"container", "list", "read"})


class GcsGuide(BucketGuide):
    """Its words are those of the `gcloud` command line."""

    has_soft_delete = True
    no_etag = "1"

    def is_it(self, knock: Knock) -> bool:
        headers = knock.headers
        return any(name in headers for name in _OWN) or headers.get("content-type", "").startswith(
            "application/json"
        )

    def credential(self, context: Context) -> Result:
        """A token of google-auth, or nobody."""
        if context.handle.identity().token == "":
            return passed("nobody: requests are not signed (an emulator, or storage.gcs.anonymous)")
        return super().credential(context)

    def is_about_rights(self, error: StorageError, asked: str) -> bool:
        return error.service_code == "forbidden"

    def rights(self, bucket: str, role: Role, asked: str) -> str:
        name = "objectViewer" if role == "revisions" and asked in _READS else "objectUser"
        return (
            f"Run: gcloud storage buckets add-iam-policy-binding gs://{bucket} "
            f"--member=serviceAccount:EMAIL --role=roles/storage.{name} "
            "(user:EMAIL for a person; a new role takes some minutes)"
        )

    def versioning_off(self, context: Context, container: str) -> str:
        return f"Run: gcloud storage buckets update gs://{container} --versioning"

    def soft_delete_off(self, context: Context, container: str) -> str:
        return f"Run: gcloud storage buckets update gs://{container} --soft-delete-duration=14d"

    def who_may_ask(self, context: Context, what: str, container: str) -> str | None:
        fields = {"kind": "location", "soft_delete": "soft_delete_policy"}
        wanted = fields.get(what, "versioning_enabled")
        return f"gcloud storage buckets describe gs://{container} --format='value({wanted})'"
