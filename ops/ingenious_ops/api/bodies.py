"""Bodies: what a request carries; what two readers could take for two things is refused.

Their size is limited by a layer below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message
from typing import Any, Final

import orjson
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request

from ingenious_ops.api.errors import InvalidRequestError, UnsupportedMediaTypeError
from ingenious_storage.errors import InvalidDataError
from ingenious_storage.jsondata import Json

JSON: Final = "application/json"
_INLINE: Final = 64 * 1024
"""Bytes that are parsed in the event loop: in less time than a thread would cost."""
_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_LONG_INTEGER: Final = re.compile(rb"(?<![\d.eE+-])-?\d{19,}(?![\d.eE])")
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**64 - 1


async def json_body(request: Request, *types: str) -> tuple[Json, bytes]:
    """The JSON that the body is, and its bytes.

    Args:
        types: the media types that are taken, `application/json` if none is given.

    Raises: UnsupportedMediaTypeError; InvalidRequestError for what is no JSON; InvalidDataError for
    JSON that would be stored as something else: a member that is there twice, an integer of more
    than 64 bits.
    """
    require_type(request, types or (JSON,))
    body = await request.body()
    if len(body) <= _INLINE:
        return parse(body), body
    return await run_in_threadpool(parse, body), body


async def text_body(request: Request, *types: str) -> tuple[str, bytes]:
    """The text that the body is, and its bytes.

    Raises: UnsupportedMediaTypeError; InvalidRequestError when it is not UTF-8.
    """
    require_type(request, types or ("text/plain",))
    body = await request.body()
    try:
        return body.decode(), body
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            f"the body is not UTF-8 at byte {error.start}", hint="Send text as UTF-8."
        ) from None


def require_type(request: Request, types: Sequence[str]) -> str:
    """The media type of the body, one of `types`. Raises: UnsupportedMediaTypeError."""
    header = Message()
    header["Content-Type"] = request.headers.get("Content-Type", "")
    # What is no media type, get_content_type takes for text/plain.
    given = header.get_content_type() if "/" in header["Content-Type"] else ""
    charset = str(header.get_param("charset", "utf-8")).lower()
    if given not in types or charset not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaTypeError(
            "a body of another type than is taken here",
            hint=f"Send Content-Type: {' or '.join(types)}, in UTF-8.",
        )
    return given


def parse(body: bytes) -> Json:
    """Raises: as `json_body`."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(
            f"the body is not JSON at byte {error.pos}: {error.msg}",
            hint="Send JSON (RFC 8259) as UTF-8, without NaN and lone surrogates.",
        ) from None
    bare = _STRINGS.sub(b"", body)
    # Each member of an object has one colon outside of texts, also one that another has replaced.
    if bare.count(b":") != _members(value):
        raise InvalidDataError("an object has a member twice", hint="Send each member once.")
    for number in _LONG_INTEGER.findall(bare):
        if len(number) > 20 or not _SMALLEST <= int(number) <= _LARGEST:
            raise InvalidDataError("an integer of more than 64 bits", hint="Send it as text.")
    return value


def _members(value: Any) -> int:
    """How many members all objects in `value` have together."""
    count, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            count += len(item)
            waiting.extend(each for each in item.values() if isinstance(each, dict | list))
        elif isinstance(item, list):
            waiting.extend(each for each in item if isinstance(each, dict | list))
    return count


def object_of(value: Json, allowed: dict[str, type | tuple[type, ...]], *needed: str) -> Any:
    """An object with known members of known types, as a body describes a change.

    Raises: InvalidDataError that names the member.
    """
    if not isinstance(value, dict):
        raise InvalidDataError("the body is no object", hint=f"Members: {', '.join(allowed)}.")
    for name in needed:
        if name not in value:
            raise InvalidDataError(f"the body has no {name!r}", hint="See /openapi.json.")
    for name, member in value.items():
        if name not in allowed:
            raise InvalidDataError(
                f"the body has an unknown member {name[:80]!r}",
                hint=f"Members: {', '.join(allowed)}.",
            )
        if not _is(member, allowed[name]):
            raise InvalidDataError(f"{name!r} is of another type", hint="See /openapi.json.")
    return {name: _whole(each) if allowed[name] is int else each for name, each in value.items()}


def _is(member: Json, kinds: type | tuple[type, ...]) -> bool:
    if kinds is int:
        member = _whole(member)
    return isinstance(member, kinds) and not (isinstance(member, bool) and kinds is int)


def _whole(member: Json) -> Json:
    """In JSON 3.0 is an integer too."""
    return int(member) if isinstance(member, float) and member.is_integer() else member
