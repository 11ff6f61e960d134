"""The objects behind `S3Backend`, through botocore's own client."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.support.servers.s3 import S3Server


@cache
def _client(server: S3Server) -> Any:
    """One for each server: to make one takes botocore a tenth of a second."""
    return server.client()


class BotocoreOracle:
    """botocore, on connections of its own."""

    def __init__(self, server: S3Server, bucket: str) -> None:
        self._client, self._bucket = _client(server), bucket

    def read(self, key: str) -> bytes | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
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
