"""S3 by its REST API: AWS, and services that speak it.

**ETags** follow from the bytes: their MD5, or that of the parts of an upload. Equal bytes have
equal ETags, after a delete too. So an unchanged ETag says that the bytes are the same, not that
nobody wrote, and `IfMatch` holds for whoever wrote the same again. Documents are safe: each head
holds the `write_id` of its write, so no two writes of one have equal bytes.

**Conditions.** Of several conditional writes one wins; the others get 412, 404 or 409, which are
one ConflictError, or AlreadyExistsError, here. `preconditions` finds services that ignore them.

**Deletes.** S3 answers a delete of nothing as a success, so a look goes before it, and of two that
delete one object at the same moment without a condition both may be told that they did. A
conditional delete is atomic.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    NO_PROPERTIES,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.rest.calls import Call, Request, unusable
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.backends.rest.parts import RANGES_AT_ONCE, read_parts
from ingenious_storage.backends.s3.bucket import Bucket, check_key
from ingenious_storage.backends.s3.deletes import MOST, delete_batch
from ingenious_storage.backends.s3.limits import LIMITS
from ingenious_storage.backends.s3.listing import MAX_BYTES, Listing, query_of
from ingenious_storage.backends.s3.reading import head, read
from ingenious_storage.backends.s3.uploads import Upload, part_size
from ingenious_storage.backends.s3.values import described, only, written_info
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingenious_storage.backends.limits import StoreLimits
    from ingenious_storage.config.buckets.s3 import S3Account
    from ingenious_storage.errors import StorageError

_PROBE: Final = ".health/is-the-bucket-there"


class S3Backend(Backend):
    """One bucket. Connections are shared with the process's other backends of it.

    Making one does no I/O. `close` gives back this backend's share; a later call opens it again.

    Raises: ConfigurationError for a name that no bucket can have.
    """

    name = "s3"
    lists_properties = False
    limits: StoreLimits = LIMITS
    ranges_at_once = RANGES_AT_ONCE

    def __init__(self, account: S3Account, bucket: str) -> None:
        self._bucket = Bucket(account, bucket)
        self.place = self._bucket.place

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """One GetObject; a HeadObject too where there are no bytes in the range."""
        return read(self._bucket, Call("get", key), options)

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """One PutObject."""
        return self._put(Call("put", key, options.condition), data, options)

    def head(self, key: str) -> BlobInfo:
        """One HeadObject, and a GetObject of a byte where that fails: a HEAD does not say why."""
        return head(self._bucket, Call("head", key))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """A HeadObject, then a DeleteObject."""
        call, bucket = Call("delete", key), self._bucket
        info = head(bucket, call)
        service = bucket.opened().service
        if condition is not None:
            if info.etag != condition.etag:
                raise ConflictError(
                    f"delete {key!r}: it has another ETag", operation="delete", key=key
                )
            bucket.preconditions.check_delete(call, service.send, bucket.opened().root)
        try:
            service.send(call, Request("DELETE", bucket.path(call), {}, only(condition)))
        except ConflictError:
            # Some services refuse the condition where nothing is.
            head(bucket, call)
            raise

    def delete_many(self, keys: Iterable[str]) -> dict[str, StorageError | None]:
        """One DeleteObjects for each 1,000 keys."""
        wanted, opened = [*dict.fromkeys(keys)], self._bucket.opened()
        for key in wanted:
            check_key("delete_many", key)
        result: dict[str, StorageError | None] = {}
        rest = iter(wanted)
        while batch := [*islice(rest, MOST)]:
            result |= delete_batch(opened.service, opened.root, batch)
        return result

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,  # S3's listings have none
    ) -> Page:
        """One ListObjectsV2, which has 1,000 blobs and prefixes at most."""
        call, opened, found = Call("list"), self._bucket.opened(), Listing()
        request = Request("GET", opened.root, query_of(prefix, delimiter, token, limit))
        opened.service.send(call, request, limit=MAX_BYTES, sink=found.feed)
        try:
            return found.page()
        except (ValueError, KeyError) as error:
            raise unusable(call, _told(error)) from error

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """One PutObject, or parts that become the object with the last request."""
        call = Call("upload", key, options.condition)
        path = self._bucket.path(call)
        self._check(call, options)
        size = part_size(call, stream)
        parts = read_parts(stream, size)
        first = next(parts, b"")
        if len(first) < size:
            return self._put(call, first, options)
        self._trust(call)
        parts = chain([first], parts)
        del first
        return Upload(self._bucket.opened().service, call, path, options).send(parts)

    def now(self) -> datetime:
        """The `Date` of the answer to the smallest listing, in seconds."""
        call, opened = Call("now"), self._bucket.opened()
        request = Request("GET", opened.root, query_of("", None, None, 1))
        answer = opened.service.send(call, request)
        try:
            return read_date(answer.headers.get("date", ""))
        except ValueError as error:
            raise unusable(call, "it has no date") from error

    def ensure_container(self) -> bool:
        """Look, then CreateBucket: in one region that succeeds for a bucket that is there."""
        if self._exists("ensure_container"):
            return False
        opened = self._bucket.opened()
        try:
            opened.service.send(Call("ensure_container"), self._bucket.creation())
        except AlreadyExistsError:
            return False
        return True

    def container_exists(self) -> bool:
        """Asks for an object: what is refused for a bucket is told by its code."""
        return self._exists("container_exists")

    def close(self) -> None:
        """Give the connections back; more than once is fine."""
        self._bucket.close()

    def _put(self, call: Call, data: bytes, options: PutOptions) -> BlobInfo:
        path, service = self._bucket.path(call), self._bucket.opened().service
        self._check(call, options)
        self._trust(call)
        headers = described(options) | only(call.condition) | service.digest(data)
        answer = service.send(call, Request("PUT", path, {}, headers, data))
        try:
            return written_info(call.key or "", len(data), options, answer.headers)
        except ValueError as error:
            raise unusable(call, str(error)) from error

    def _check(self, call: Call, options: PutOptions) -> None:
        """Metadata that cannot travel is refused before anything does."""
        if options.properties is NO_PROPERTIES:
            return
        problem = LIMITS.refusal(call.key or "", properties=options.properties)
        if problem is not None:
            problem.operation = call.operation
            raise problem

    def _trust(self, call: Call) -> None:
        """Before a conditional write: that the condition will count."""
        if call.condition is not None:
            opened = self._bucket.opened()
            self._bucket.preconditions.check_write(call, opened.service.send, opened.root)

    def _exists(self, operation: str) -> bool:
        call = Call(operation)
        path = self._bucket.opened().root + _PROBE
        request = Request("GET", path, {}, {"range": "bytes=0-0"})
        try:
            answer = self._bucket.opened().service.send(call, request, also=frozenset({416}))
        except NotFoundError:
            return True
        except ContainerNotFoundError:
            return False
        if answer.status != 416 and "etag" not in answer.headers:  # any web server answers 200
            raise unusable(call, "it has no ETag")
        return True


def _told(error: ValueError | KeyError) -> str:
    return f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)
