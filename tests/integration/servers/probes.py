"""Probes of S3 servers: what each does where stores differ, by the SDK of AWS alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

KEYS = ("a-b", "a.b", "a/b", "a/c", "a/d-/1", "a/d/1", "a0")
OTHER_ETAG = '"00000000000000000000000000000000"'


class Bucket:
    """A bucket of its own on one server."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        client.create_bucket(Bucket=name)

    def put(self, key: str, **conditions: str) -> str:
        answer = self._client.put_object(Bucket=self._name, Key=key, Body=b"same", **conditions)
        etag: str = answer["ETag"]
        return etag

    def delete(self, key: str, **conditions: str) -> None:
        self._client.delete_object(Bucket=self._name, Key=key, **conditions)

    def size(self, key: str) -> int:
        """What HEAD tells."""
        length: int = self._client.head_object(Bucket=self._name, Key=key)["ContentLength"]
        return length

    def keys(self, **options: Any) -> list[str]:
        found = self._client.list_objects_v2(Bucket=self._name, **options).get("Contents", [])
        return [one["Key"] for one in found]

    def paged(self, delimiter: str, size: int) -> list[str]:
        """What pages of this size list, prefixes included."""
        names: list[str] = []
        token: dict[str, str] = {}
        for _ in range(100):
            page = self._client.list_objects_v2(
                Bucket=self._name, Delimiter=delimiter, MaxKeys=size, **token
            )
            names += [one["Key"] for one in page.get("Contents", [])]
            names += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
            if not page["IsTruncated"]:
                return names
            token = {"ContinuationToken": page["NextContinuationToken"]}
        raise AssertionError("the listing does not end")


def refusal(call: Callable[[], object]) -> tuple[int, str] | None:
    """Status and code of the answer, None when the call succeeded."""
    try:
        call()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status, error.response["Error"]["Code"]
    return None


def put_into_a_missing_bucket(client: Any) -> tuple[int, str] | None:
    return refusal(lambda: client.put_object(Bucket="not-made-yet", Key="k", Body=b""))
