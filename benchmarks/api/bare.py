"""Bare: a route of FastAPI that returns bytes, on the server that ours has: a process."""

from __future__ import annotations

import sys

from fastapi import FastAPI
from starlette.responses import Response

from ingenious_ops.listening import addresses, server
from ingenious_ops.serving.exposure import limits_of
from ingenious_storage.config import ApiSettings


def main(path: str, text: str) -> None:
    app, body = FastAPI(openapi_url=None), text.encode()

    @app.get(path)
    async def read() -> Response:
        return Response(body, media_type="text/markdown")

    with addresses.listen("127.0.0.1", 0) as listener:
        print(f"serving {addresses.url_of(listener)}", flush=True)
        server.serve(app, listener, limits_of(ApiSettings()))


if __name__ == "__main__":
    main(*sys.argv[1:])
