"""Google Cloud Storage by its JSON API: a container is a bucket, an ETag a generation."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import quote, urlencode

import orjson

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.gcs import listing, multipart
from ingenious_storage.backends.gcs.checks import (
    check_options,
    require_generation,
    unless_still,
    usable,
)
from ingenious_storage.backends.gcs.names import LIMITS, object_name
from ingenious_storage.backends.gcs.reading import blob_of, range_header
from ingenious_storage.backends.gcs.refusals import AmbiguousError, refusal
from ingenious_storage.backends.gcs.resumable import CHUNK, Session
from ingenious_storage.backends.gcs.services import service_of
from ingenious_storage.backends.gcs.values import (
    FIELDS,
    METADATA,
    WRITTEN,
    info_of,
    only,
    resource,
    written,
)
from ingenious_storage.backends.rest.calls import Call, Request, grown
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.backends.rest.parts import RANGES_AT_ONCE, read_parts
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
)
from ingenious_storage.http.answers import MAX_ERROR_BODY
from ingenious_storage.runtime.parallel import map_stream

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingenious_storage.backends.gcs.service import GcsService
    from ingenious_storage.config.buckets.gcs import GcsAccount
    from ingenious_storage.http.answers import Response

DELETES_AT_ONCE: Final = 16
_UNBOUNDED: Final = LIMITS.blob_bytes or 0
_ALL_FIELDS: Final = f"fields={quote(f'{FIELDS},{METADATA}', safe='')}"
_PROBE: Final = "ingenious-storage/is-the-container-there"
_JSON: Final = {"Content-Type": "application/json; charset=UTF-8"}


class GcsBackend(Backend):
    """One bucket. Connections and the token are shared with the process's other backends.

    Making one does no I/O. `service` stands in for that of the account.
    """

    name = "gcs"
    limits = LIMITS
    ranges_at_once = RANGES_AT_ONCE
    reads_properties = False

    def __init__(
        self, account: GcsAccount, bucket: str, *, service: GcsService | None = None
    ) -> None:
        self.place = f"{account.endpoint}/{bucket}"
        self._service = service or service_of(account)
        self._account, self._bucket = account, bucket
        path = account.endpoint.removeprefix(self._service.origin)
        self._buckets = f"{path}/storage/v1/b"
        inside = f"storage/v1/b/{quote(bucket, safe='')}/o"
        self._objects, self._media = f"{path}/{inside}", f"{path}/download/{inside}"
        self._uploads = f"{path}/upload/{inside}"

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """One download; two requests where there are no bytes: the service calls that an error
        and does not say what blob it is.
        """
        offset, length = options.byte_range or (0, None)
        unless = unless_still(options.if_none_match)
        if length == 0:
            return Blob(b"", self._head("get", key, unless))
        call = Call("get", key)
        headers = {"Accept-Encoding": "gzip"}  # else what is gzip at rest would be unpacked
        if span := range_header(offset, length):
            headers["Range"] = span
        path = f"{self._media}/{object_name('get', key)}?alt=media{unless}"
        limit = _UNBOUNDED if length is None else max(length, MAX_ERROR_BODY)
        answer = self._service.exchange(call, Request("GET", path, {}, headers), limit=limit)
        if answer.status in {200, 206}:
            return usable(call, lambda: blob_of(key, answer, offset, length))
        if answer.status != 416:
            raise self._told_apart(refusal(call, answer))
        info = self._head("get", key, unless)
        if info.size > offset:
            raise grown(key)
        return Blob(b"", info)

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """One upload, of whatever size."""
        return self._put("put", key, data, options)

    def head(self, key: str) -> BlobInfo:
        """One request for the object's metadata."""
        return self._head("head", key)

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """One request, and a look when its condition was refused: there may be no blob."""
        path = f"{self._objects}/{object_name('delete', key)}"
        try:
            require_generation("delete", key, condition)
            self._send(Call("delete", key), Request("DELETE", path, only(condition)))
        except ConflictError:
            self._head("delete", key)
            raise

    def delete_many(self, keys: Iterable[str]) -> dict[str, StorageError | None]:
        """A request for each key, on a few threads: 0.09 ms of CPU a key on fake-gcs-server, of
        which a batch of 100 would save a part, and not the work of the service.
        """
        wanted = dict.fromkeys(keys)
        return dict(map_stream(self._delete_one, wanted, workers=DELETES_AT_ONCE))

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """One listing of at most 1,000 entries; the token is the service's own."""
        call = Call("list")
        query = listing.query(prefix, delimiter, token, limit, metadata=metadata)
        answer = self._service.send(
            call, Request("GET", self._objects, query), limit=listing.PAGE_BYTES
        )
        return usable(call, lambda: listing.page_of(answer.body))

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Chunks of a resumable upload, one after the other; a small one is a put."""
        check_options("upload", key, options)
        request = self._session_request(key, options)
        call, parts = Call("upload", key, options.condition), read_parts(stream, CHUNK)
        data, following = next(parts, b""), next(parts, None)
        if following is None:
            return self._put("upload", key, data, options)
        session = Session(self._service, call)
        session.begin(request)
        sent = len(data)
        try:
            while following is not None:
                session.send(data, is_last=False)
                data, following = following, next(parts, None)
                sent += len(data)
            answer = session.send(data, is_last=True)
        except Exception:
            with suppress(StorageError):
                session.cancel()
            raise
        return usable(call, lambda: written(key, options, answer, sent))

    def ensure_container(self) -> bool:
        """Create the bucket if it is missing: private, with rights by IAM alone."""
        call = Call("ensure_container")
        wanted = {
            "name": self._bucket,
            "location": self._account.location,
            "iamConfiguration": {
                "publicAccessPrevention": "enforced",
                "uniformBucketLevelAccess": {"enabled": True},
            },
        }
        body = orjson.dumps({name: value for name, value in wanted.items() if value is not None})
        try:
            query = {"project": self._service.project(), "fields": "name"}
            self._service.send(call, Request("POST", self._buckets, query, dict(_JSON), body))
        except (AlreadyExistsError, PermissionDeniedError, ConfigurationError) as error:
            if self._is_there(call, error):
                return False
            raise
        return True

    def container_exists(self) -> bool:
        """Asks for an object: an identity may often do that, and not ask for the bucket."""
        try:
            self._head("container_exists", _PROBE)
        except NotFoundError:
            return True
        except ContainerNotFoundError:
            return False
        return True

    def now(self) -> datetime:
        """The `Date` of an answer to the smallest listing, in seconds."""
        call = Call("now")
        query = {"maxResults": "1", "fields": "kind"}
        answer = self._service.send(call, Request("GET", self._objects, query))
        return usable(call, lambda: read_date(answer.headers["date"]))

    def close(self) -> None:
        """Close connections that nobody uses; more than once is fine, and a later call opens new
        ones.
        """
        self._service.close()

    def _put(self, operation: str, key: str, data: bytes, options: PutOptions) -> BlobInfo:
        check_options(operation, key, options)
        call = Call(operation, key, options.condition)
        about = resource(operation, key, options)
        # Not uploadType=media, where fake-gcs-server takes no notice of a condition.
        headers, body = multipart.related(about, options.content_type, data)
        path = self._upload_path(operation, key, "multipart", options)
        answer = self._service.send(call, Request("POST", path, {}, headers, body))
        return usable(call, lambda: written(key, options, answer.body, len(data)))

    def _session_request(self, key: str, options: PutOptions) -> Request:
        path = self._upload_path("upload", key, "resumable", options)
        return Request("POST", path, {}, dict(_JSON), resource("upload", key, options))

    def _upload_path(self, operation: str, key: str, kind: str, options: PutOptions) -> str:
        path = f"{self._uploads}?uploadType={kind}&fields={WRITTEN}"
        if options.condition is not None:
            path = f"{path}&{urlencode(only(options.condition))}"
        return f"{path}&name={object_name(operation, key)}"

    def _head(self, operation: str, key: str, unless: str = "") -> BlobInfo:
        call = Call(operation, key)
        path = f"{self._objects}/{object_name(operation, key)}?{_ALL_FIELDS}{unless}"
        answer = self._send(call, Request("GET", path))
        return usable(call, lambda: info_of(orjson.loads(answer.body), key))

    def _delete_one(self, key: str) -> tuple[str, StorageError | None]:
        try:
            path = f"{self._objects}/{object_name('delete_many', key)}"
            self._send(Call("delete_many", key), Request("DELETE", path))
        except NotFoundError:
            pass
        except ContainerNotFoundError:
            raise
        except StorageError as error:
            if error.retryable:
                raise
            return key, error
        return key, None

    def _send(self, call: Call, request: Request) -> Response:
        try:
            return self._service.send(call, request)
        except AmbiguousError as error:
            raise self._told_apart(error) from None

    def _told_apart(self, error: StorageError) -> StorageError:
        """What a 404 means that names neither object nor bucket, by a look at the bucket."""
        if not isinstance(error, AmbiguousError):
            return error
        kind: type[StorageError] = NotFoundError
        try:
            self.list(limit=1)
        except ContainerNotFoundError:
            kind = ContainerNotFoundError
        except PermissionDeniedError:  # of an identity that may not list
            pass
        return kind(
            error.message, operation=error.operation, key=error.key, service_code=error.service_code
        )

    def _is_there(self, call: Call, refused: StorageError) -> bool:
        """Whether the bucket that could not be made is there, and is this identity's to use."""
        try:
            return self.container_exists()
        except PermissionDeniedError:
            refused.operation = call.operation
            raise refused from None
