"""Resumable uploads: a session of the service that takes an object in chunks.

Source: "Resumable uploads" of the Cloud Storage guides, and "Performing resumable uploads". Nothing
is there before the last chunk is: until then a failure leaves what was there before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ingenious_storage.backends.gcs.refusals import refusal, unusable
from ingenious_storage.backends.rest.calls import Call, Request
from ingenious_storage.errors import StorageError, UnavailableError
from ingenious_storage.runtime import deadlines
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.backends.gcs.service import GcsService
    from ingenious_storage.http.answers import Response

CHUNK: Final = 8 * 1024 * 1024
"""Bytes of a chunk, a multiple of 256 KiB as the service wants it; two are held in memory."""
TRIES: Final = 4
"""Requests in a row that bring nothing further, before the upload is given up: what layers above
could do is to send all of it again, if the stream can be read twice."""
_PAUSE: Final = 0.2
"""Seconds before the second try, doubled for each that follows."""
_INCOMPLETE: Final = 308
_NOT_YET: Final = "*"
"""Stands for the size of the whole in the header of all chunks but the last."""


class Session(Unpickled):
    """One upload. Its URL is a secret: who has it may go on with the upload."""

    def __init__(
        self,
        service: GcsService,
        call: Call,
        *,
        sleep: Callable[[float], None] = deadlines.sleep,
    ) -> None:
        self._service, self._call, self._sleep = service, call, sleep
        self._target = ""
        self._position = 0
        """Bytes that the service has confirmed."""
        self._may_have_landed = False

    def begin(self, request: Request) -> None:
        """Open the session, on the condition of the upload. Raises: StorageError."""
        try:
            answer = self._service.send(self._call, request)
            self._target = self._of_service(answer.headers.get("location", ""))
        except StorageError as error:
            error.outcome_unknown = False
            raise

    def send(self, data: bytes, *, is_last: bool) -> bytes:
        """Send the next chunk; the answer to the last one is the object's JSON.

        Raises: StorageError.
        """
        start, end, tries, asks = self._position, self._position + len(data), 0, False
        total = str(end) if is_last else _NOT_YET
        while True:
            before, failure = self._position, None
            try:
                answer = self._ask(total) if asks else self._go_on(data, start, total)
                if answer.status != _INCOMPLETE:
                    return self._finished(answer, is_last=is_last)
                self._position = self._confirmed(answer, start, end)
                if not asks and self._position == before:
                    failure = self._stuck()
                asks = False
            except StorageError as error:
                failure, asks = error, True
            if self._position == end and not is_last:
                return b""
            tries = 0 if self._position > before else tries
            if failure is not None:
                tries += 1
                self._give_up_or_pause(failure, tries)

    def _finished(self, answer: Response, *, is_last: bool) -> bytes:
        if is_last:
            return answer.body
        self._may_have_landed = True
        error = unusable(self._call, "it ends the upload before the last chunk")
        error.retryable = False
        raise error

    def cancel(self) -> None:
        """Have the service forget it; without that it does so within a week."""
        if self._target:
            self._service.exchange(self._call, Request("DELETE", self._target))

    def _go_on(self, data: bytes, start: int, total: str) -> Response:
        """Send what the service does not have yet; of a whole that it has, ask for the end."""
        end = start + len(data)
        if self._position == end:
            return self._ask(total)
        self._may_have_landed = total != _NOT_YET
        rest = data[self._position - start :]
        return self._put(f"bytes {self._position}-{end - 1}/{total}", rest)

    def _ask(self, total: str) -> Response:
        """Ask what has arrived."""
        return self._put(f"bytes */{total}", b"")

    def _put(self, content_range: str, data: bytes) -> Response:
        headers = {"Content-Range": content_range}
        answer = self._service.exchange(self._call, Request("PUT", self._target, {}, headers, data))
        if answer.status in {200, 201, _INCOMPLETE}:
            return answer
        if answer.status in {404, 410}:
            raise self._gone()
        raise refusal(self._call, answer)

    def _confirmed(self, answer: Response, start: int, end: int) -> int:
        """The bytes that have arrived, by `Range: bytes=0-LAST`; without it none have."""
        span = answer.headers.get("range", "")
        first, _, last = span.removeprefix("bytes=").partition("-")
        try:
            position = int(last) + 1 if span else 0
        except ValueError:
            position = -1
        if (span and first != "0") or not start <= position <= end:
            raise self._lost()
        return position

    def _of_service(self, url: str) -> str:
        """The target of the session. Its host is left out: tokens and data go to the endpoint."""
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        target = f"{parts.path}?{parts.query}"
        plain = target.isascii() and target.isprintable() and " " not in target
        if not plain or not target.startswith("/"):
            raise unusable(self._call, "it names no session for the upload")
        return target

    def _give_up_or_pause(self, failure: StorageError, tries: int) -> None:
        if not failure.retryable or tries >= TRIES:
            failure.outcome_unknown = failure.outcome_unknown and self._may_have_landed
            raise failure
        deadlines.check(self._call.operation, self._call.key)
        self._sleep(failure.retry_after or _PAUSE * 2 ** (tries - 1))
        deadlines.check(self._call.operation, self._call.key)

    def _stuck(self) -> StorageError:
        return self._broken("the service takes no more of the upload", is_unknown=False)

    def _gone(self) -> StorageError:
        return self._broken("the session of the upload is gone", is_unknown=True)

    def _lost(self) -> StorageError:
        error = self._broken("the service has lost a part of the upload", is_unknown=True)
        error.retryable = False
        return error

    def _broken(self, problem: str, *, is_unknown: bool) -> StorageError:
        return UnavailableError(
            f"upload {self._call.key!r}: {problem}",
            operation=self._call.operation,
            key=self._call.key,
            hint="Upload it again.",
            outcome_unknown=is_unknown,
        )
