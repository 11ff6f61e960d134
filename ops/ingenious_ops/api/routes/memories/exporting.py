"""Memories: all of them in one answer, line by line (NDJSON), in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import Annotated, Any, Final

import anyio
import orjson
from fastapi import APIRouter, Query
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ingenious_ops.api.context import MemoryReader, StorageOf
from ingenious_ops.api.openapi import documented
from ingenious_ops.api.openapi.responses import problems
from ingenious_ops.api.problems import problem_of
from ingenious_storage import Storage
from ingenious_storage.errors import NotFoundError, StorageError
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services.memory_info import Listed, list_memories

NDJSON: Final = "application/x-ndjson"
router = APIRouter(prefix="/api/v1/export", tags=["memories"], responses=problems())
_EXAMPLE: Final = '{"id":"c-1","number":7,"write_id":"5f0c1e7a9b3d4c2e","data":{}}\n'
_AT_ONCE: Final = 8


@router.get(
    "/memories", responses={200: documented.raw("a line for each memory", _EXAMPLE, NDJSON)}
)
async def export(
    _who: MemoryReader,
    storage: StorageOf,
    prefix: Annotated[str, Query(max_length=1000, description="of the ids")] = "",
) -> Response:
    """Every memory, a line each, in the order of their keys.

    A memory that cannot be read is a line with its `id` and an `error`. The last line is
    `{"end": true, "memories": n, "failed": n}`, or `{"end": false, "error": ...}` when it ended
    early: without such a line the answer was cut off.
    """
    return StreamingResponse(
        _closing(_lines(storage, prefix)), media_type=NDJSON, headers={"Cache-Control": "no-store"}
    )


@router.head("/memories", include_in_schema=False)
async def about_export(_who: MemoryReader) -> Response:
    """The header alone: what makes the lines would read every memory for nobody."""
    return Response(media_type=NDJSON, headers={"Cache-Control": "no-store"})


async def _closing(lines: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    try:
        async for line in iterate_in_threadpool(lines):
            yield line
    finally:
        with anyio.CancelScope(shield=True):  # who asked has gone, and the threads must go too
            await run_in_threadpool(lines.close)


def _lines(storage: Storage, prefix: str) -> Generator[bytes, None, None]:
    def read(listed: Listed) -> tuple[bytes, bool]:
        try:
            return _line(storage, listed), True
        except NotFoundError:  # gone since it was listed
            return b"", True
        except StorageError as error:
            return _json({"id": listed.conversation_id, "error": _shown(error)}), False

    counts = {"memories": 0, "failed": 0}
    try:
        listed = list_memories(storage.memory, prefix)
        # Few ahead, and one at a time: each may be as large as a document can be.
        for line, is_good in map_stream(read, listed, workers=_AT_ONCE, batch=1, held=_AT_ONCE):
            counts["memories"] += is_good and line != b""
            counts["failed"] += not is_good
            if line:
                yield line
    except StorageError as error:
        yield _json({"end": False, **counts, "error": _shown(error)})
    else:
        yield _json({"end": True, **counts})


def _line(storage: Storage, listed: Listed) -> bytes:
    """The data are put in as they are stored: JSON without a line break."""
    head = storage.memory.documents.existing(listed.key, fresh=False)
    if head.deleted:
        raise NotFoundError("deleted since it was listed", key=listed.key)
    opening = orjson.dumps({"id": head.name, **head.id.json()})
    return b'%s,"data":%s}\n' % (opening[:-1], head.data)


def _shown(error: StorageError) -> dict[str, Any]:
    shown: dict[str, Any] = orjson.loads(problem_of(error).body)
    return shown


def _json(value: Any) -> bytes:
    return orjson.dumps(value) + b"\n"
