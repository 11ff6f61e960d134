"""The objects behind `S3Backend`, through botocore's own client."""

from __future__ import annotations

from typing import Any

import botocore.config
import botocore.exceptions
import botocore.session


def client_of(endpoint: str, access_key: str, secret_key: str) -> Any:
    """botocore's client, which sends each request once."""
    return botocore.session.Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
        ),
    )


class BotocoreOracle:
    """botocore, on connections of its own."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read(self, key: str) -> bytes | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        data: bytes = answer["Body"].read()
        return data

    def write(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data)

    def keys(self) -> set[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        return {each["Key"] for page in pages for each in page.get("Contents", ())}

    def uploads(self) -> list[str]:
        """The keys of uploads that nobody ended."""
        answer = self._client.list_multipart_uploads(Bucket=self._bucket)
        return [each["Key"] for each in answer.get("Uploads", ())]
