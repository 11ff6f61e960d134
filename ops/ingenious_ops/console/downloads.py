"""Downloads: data that a browser saves and never shows, under a name that is safe everywhere."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._]+")
_LONGEST: Final = 100


def download(content: bytes, name: str, media_type: str) -> Response:
    """`content` as a file that is called about `name`."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(name)}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def file_name(name: str) -> str:
    """Letters of ASCII, digits, dots, dashes; its end stays, and no dot comes first."""
    stem, dot, suffix = name.rpartition(".")
    safe = _UNSAFE.sub("-", stem if dot else name)[:_LONGEST].strip("-.")
    end = _UNSAFE.sub("-", suffix)[:20].strip("-.")
    return f"{safe or 'file'}.{end}" if dot and end else safe or "file"
