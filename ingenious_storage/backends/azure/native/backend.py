"""Azure Blob Storage by its REST API."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from ingenious_storage.backends.azure.error_codes import rule_for
from ingenious_storage.backends.azure.native.signing import SharedKey
from ingenious_storage.backends.azure.native.values import info_of, written_with
from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    PUT_DEFAULTS,
    Blob,
    BlobInfo,
    GetOptions,
    PutOptions,
)
from ingenious_storage.backends.rest.calls import (
    Call,
    Refusal,
    Request,
    quoted,
    refused,
    retry_after,
)
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.backends.rest.service import Service
from ingenious_storage.config.azure.account import AzureAccount
from ingenious_storage.errors import StorageError
from ingenious_storage.http.answers import Response
from ingenious_storage.http.client import Client

VERSION: Final = "2021-12-02"


class NativeAzureBackend:
    name = "azure_blob"

    def __init__(self, account: AzureAccount, container: str) -> None:
        url = account.account_url
        self._client = Client(url, timeout=account.timeout, trust=account.trust)
        signer = SharedKey(account.account_name, account.account_key.get_secret_value())
        self._service = Service(self._client, signer.sign, _refuse)
        self._path = f"{urlsplit(url).path}/{quote(container)}/"

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        headers = {"x-ms-version": VERSION}
        request = Request("GET", self._path + quoted(key), {}, headers)
        answer = self._service.send(Call("get", key), request, limit=1 << 40)
        return Blob(answer.body, info_of(key, answer.headers, len(answer.body)))

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        headers = {
            "x-ms-version": VERSION,
            "x-ms-blob-type": "BlockBlob",
            **written_with(options),
        }
        request = Request("PUT", self._path + quoted(key), {}, headers, data)
        answer = self._service.send(Call("put", key, options.condition), request)
        found = answer.headers
        return BlobInfo(
            key, found["etag"], len(data), read_date(found["last-modified"]), options.content_type
        )


def _refuse(call: Call, answer: Response) -> StorageError:
    code = answer.headers.get("x-ms-error-code")
    refusal = Refusal(
        "Azure",
        answer.status,
        code,
        answer.headers.get("x-ms-request-id"),
        retry_after(answer.headers),
    )
    return refused(call, refusal, rule_for(answer.status, code))
