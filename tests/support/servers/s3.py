"""S3 servers of the tests: where one is, and a client of AWS's own SDK for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import botocore.session
from botocore.config import Config


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where a running server is; it can be pickled and handed to other processes."""

    name: str
    endpoint: str
    ca_file: Path | None = None

    region: ClassVar[str] = "us-east-1"
    # Of servers on loopback that the tests start: no secrets.
    access_key_id: ClassVar[str] = "tests"
    secret_access_key: ClassVar[str] = "of-the-tests"

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def section(self) -> dict[str, Any]:
        """The settings `storage.s3`."""
        return {
            "endpoint": self.endpoint,
            "region": self.region,
            "addressing_style": "path",
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
        }

    def client(self, **options: Any) -> Any:
        """A client of botocore, one attempt a call, for who looks behind the library."""
        session = botocore.session.Session()
        return session.create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            verify=None if self.ca_file is None else str(self.ca_file),
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                max_pool_connections=32,
                # Several servers answer ranges with a checksum of the whole.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                **options,
            ),
        )
