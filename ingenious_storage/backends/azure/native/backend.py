"""Azure Blob Storage by its REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from ingenious_storage.backends.azure.limits import LIMITS
from ingenious_storage.backends.azure.native.account import refuse
from ingenious_storage.backends.azure.native.blocks import BLOCK_SIZE, Blocks
from ingenious_storage.backends.azure.native.container import Container
from ingenious_storage.backends.azure.native.deleting import delete_many
from ingenious_storage.backends.azure.native.listing import MAX_LISTING, Listing
from ingenious_storage.backends.azure.native.values import (
    in_quotes,
    info_of,
    only,
    size_of,
    size_of_range,
    written_info,
    written_with,
)
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
from ingenious_storage.backends.rest.calls import Call, grown, unanswered, unusable
from ingenious_storage.backends.rest.dates import read_date
from ingenious_storage.backends.rest.parts import (
    RANGES_AT_ONCE,
    nothing_written,
    read_parts,
    send_parts,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
)
from ingenious_storage.http.errors import HttpError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azure.core.credentials import TokenCredential

    from ingenious_storage.config.azure.account import AzureAccount
    from ingenious_storage.http.answers import Response

_WHOLE: Final = 1 << 40
_PROBE: Final = "ingenious-storage/is-the-container-there"


class AzureBlobBackend(Backend):
    """One container of an account. Connections are shared with the process's other backends.

    Making one does no I/O. `credential` stands in for the account's own and stays the caller's to
    close. `close` gives back this backend's share; a later call opens it again.
    """

    name = "azure_blob"
    limits = LIMITS
    ranges_at_once = RANGES_AT_ONCE

    def __init__(
        self, account: AzureAccount, container: str, *, credential: TokenCredential | None = None
    ) -> None:
        self.place = f"{account.account_url}/{container}"
        self._container = Container(account, container, credential)

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """One request, of whatever size; two for a range without bytes: the service calls that an
        error and does not say what blob it is.
        """
        call, container = Call("get", key), self._container
        headers = {}
        if options.if_none_match is not None:
            headers["If-None-Match"] = in_quotes(options.if_none_match)
        offset, length = options.byte_range or (0, None)
        if offset == 0 and length is None:
            answer = container.send(call, container.of_blob("GET", key, headers), limit=_WHOLE)
            if answer.status != 200:
                raise unusable(call, f"{answer.status} to a request for the whole blob")
            return Blob(answer.body, _info(call, answer, len(answer.body)))
        if length != 0:
            end = "" if length is None else str(offset + length - 1)
            headers["x-ms-range"] = f"bytes={offset}-{end}"
            request = container.of_blob("GET", key, headers)
            answer = container.service.exchange(call, request, limit=_WHOLE)
            if answer.status != 416:
                return _range(call, answer, offset, length)
        info = self._head(call, options.if_none_match)
        if info.size > offset and length != 0:
            raise grown(key)
        return Blob(b"", info)

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """One Put Blob, of whatever size."""
        headers = {"x-ms-blob-type": "BlockBlob", **written_with(options)}
        call, container = Call("put", key, options.condition), self._container
        answer = container.send(call, container.of_blob("PUT", key, headers, None, data))
        try:
            return written_info(key, len(data), options, answer.headers)
        except (KeyError, ValueError) as error:
            raise _unusable(call, error) from None

    def head(self, key: str) -> BlobInfo:
        """One Get Blob Properties."""
        return self._head(Call("head", key))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """One Delete Blob, and a look when its condition was refused."""
        call = Call("delete", key)
        try:
            self._container.send(call, self._container.of_blob("DELETE", key, only(condition)))
        except ConflictError:
            # A broken condition may also mean that there is no blob: Azurite answers so.
            self._head(call)
            raise

    def delete_many(self, keys: Iterable[str]) -> dict[str, StorageError | None]:
        """One request for each 256 keys, each of which is signed: measured on Azurite, a
        thirtieth of the CPU of a request for each key, in the same time; and an account takes only
        so many requests a second.

        What is not gone as a whole is deleted key by key, several at a time; so are all where a
        batch is refused (Azurite with an account SAS).
        """
        return delete_many(self._container, keys)

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """One List Blobs; the token is the service's own marker."""
        query = {"comp": "list", "maxresults": str(min(limit, MAX_PAGE))}
        named = {"prefix": prefix, "delimiter": delimiter, "marker": token}
        query |= {name: value for name, value in named.items() if value}
        if metadata:
            query["include"] = "metadata"
        call, listing = Call("list"), Listing()
        self._container.send(
            call, self._container.of_itself("GET", query), limit=MAX_LISTING, sink=listing.feed
        )
        try:
            return listing.page()
        except HttpError as error:
            raise unanswered(call, error) from None

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Blocks are staged, several at a time, and become the blob with the last request."""
        blocks, call = Blocks(), Call("upload", key)

        def stage(number: int, data: bytes) -> int:
            query = {"comp": "block", "blockid": blocks.name(number)}
            self._container.send(call, self._container.of_blob("PUT", key, {}, query, data))
            return len(data)

        with nothing_written():
            sizes = send_parts(read_parts(stream, BLOCK_SIZE), stage)
        body = blocks.committed(len(sizes))
        headers = {"Content-Type": "application/xml", **written_with(options)}
        call = Call("upload", key, options.condition)
        answer = self._container.send(
            call, self._container.of_blob("PUT", key, headers, {"comp": "blocklist"}, body)
        )
        try:
            return written_info(key, sum(sizes), options, answer.headers)
        except (KeyError, ValueError) as error:
            raise _unusable(call, error) from None

    def now(self) -> datetime:
        """The `Date` of an answer to the smallest listing, in seconds."""
        call = Call("now")
        query = {"comp": "list", "maxresults": "1"}
        answer = self._container.send(call, self._container.of_itself("GET", query))
        try:
            return read_date(answer.headers["date"])
        except (KeyError, ValueError) as error:
            raise _unusable(call, error) from None

    def ensure_container(self) -> bool:
        """Create the container if it is missing. An identity that may not is told of one that
        is there, and refused otherwise.
        """
        request = self._container.of_itself("PUT", {})
        try:
            self._container.send(Call("ensure_container"), request)
        except AlreadyExistsError:
            return False
        except PermissionDeniedError:
            if self.container_exists():
                return False
            raise
        return True

    def container_exists(self) -> bool:
        """Asks for a blob: a SAS for one container may do that, and not ask for the container."""
        call = Call("container_exists")
        try:
            answer = self._container.send(call, self._container.of_blob("HEAD", _PROBE, {}))
        except NotFoundError:
            return True
        except ContainerNotFoundError:
            return False
        if "etag" not in answer.headers:  # any web server answers 200
            raise unusable(call, "it has no ETag")
        return True

    def close(self) -> None:
        """Give the connections back; more than once is fine."""
        self._container.close()

    def _head(self, call: Call, if_none_match: str | None = None) -> BlobInfo:
        headers = {} if if_none_match is None else {"If-None-Match": in_quotes(if_none_match)}
        assert call.key is not None
        answer = self._container.send(call, self._container.of_blob("HEAD", call.key, headers))
        try:
            return info_of(call.key, answer, size_of(answer.headers))
        except (KeyError, ValueError) as error:
            raise _unusable(call, error) from None


def _info(call: Call, answer: Response, size: int) -> BlobInfo:
    assert call.key is not None
    try:
        return info_of(call.key, answer, size)
    except (KeyError, ValueError) as error:
        raise _unusable(call, error) from None


def _range(call: Call, answer: Response, offset: int, length: int | None) -> Blob:
    if answer.status >= 300:
        raise refuse(call, answer)
    try:
        if answer.status != 206:
            raise ValueError(f"{answer.status} to a request for a range")
        size = size_of_range(answer.headers, offset, length, len(answer.body))
    except (KeyError, ValueError) as error:
        raise _unusable(call, error) from None
    return Blob(answer.body, _info(call, answer, size))


def _unusable(call: Call, error: Exception) -> StorageError:
    problem = f"without {error}" if isinstance(error, KeyError) else str(error)
    return unusable(call, problem)
