"""Routes of memories: `/api/v1/memories`, and `/api/v1/export/memories`."""

from fastapi import APIRouter

from ingenious_ops.api.routes.memories import changing, exporting, history, looking

router = APIRouter()
for each in (looking, changing, history, exporting):
    router.routes.extend(each.router.routes)
