"""Routes of memories: `/api/v1/memories`."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from ingenious_ops.api.asgi.paths import Segment
from ingenious_ops.api.context import MemoryReader, StorageOf
from ingenious_ops.api.etags import etag_of

router = APIRouter(prefix="/api/v1/memories", tags=["memories"])


@router.get("/{conversation_id}")
def read(conversation_id: Segment, _who: MemoryReader, storage: StorageOf) -> Response:
    """A memory as it is now."""
    found = storage.memory.snapshot(conversation_id)
    content = orjson.dumps(found.data)
    return Response(
        content, media_type="application/json", headers={"ETag": etag_of(found.revision)}
    )
