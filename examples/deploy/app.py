"""A memory of conversations over HTTP, with probes and metrics: what docs/deployment.md deploys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

from ingenious_ops.health import asgi_app
from ingenious_ops.telemetry import setup_telemetry
from ingenious_storage import AsyncMemoryManager, MemoryNotFoundError, default_storage

storage = default_storage()
memory = AsyncMemoryManager()
telemetry = setup_telemetry(storage.settings, prometheus=True)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with telemetry, storage.health:
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/storage", asgi_app(storage, metrics=telemetry.prometheus))


@app.post("/threads/{thread}/messages")
async def add(thread: str, message: dict[str, str]) -> dict[str, int]:
    revision = await memory.append_messages(thread, [message])
    return {"revision": revision.number}


@app.get("/threads/{thread}")
async def read(thread: str) -> object:
    try:
        return await memory.load_memory(thread)
    except MemoryNotFoundError:
        raise HTTPException(404) from None
