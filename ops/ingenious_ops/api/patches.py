"""Patches: changes of a JSON document that say what to change and not what it becomes.

JSON Patch is RFC 6902, merge patch is RFC 7396.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from ingenious_ops.api.errors import PatchConflictError
from ingenious_storage.errors import InvalidDataError, MemoryNotFoundError, ObjectTooLargeError
from ingenious_storage.jsondata import Json

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
MOST: Final = 1000
"""Operations of one patch."""
_HINT: Final = "See RFC 6902, section 4."

Change = Callable[[Json], Json]
"""From a document to what it becomes; the document may be changed in place."""


def change_of(media_type: str, patch: Json, *, max_bytes: int) -> Change:
    """What a patch does, for `update_memory`.

    Args:
        max_bytes: of all copies that a patch makes: a few copies of copies would fill the memory.

    Raises: InvalidDataError for what is no such patch, or is deeper than any memory; the change
    itself MemoryNotFoundError where nothing is, PatchConflictError, ObjectTooLargeError.
    """
    if media_type == MERGE_PATCH:
        _encoded(patch)
        return _there(lambda document: merged(document, patch))
    operations = _operations(patch)

    def change(document: Json) -> Json:
        left = max_bytes
        for number, operation in enumerate(operations):
            if operation["op"] == "copy":
                copied = _copied(document, operation, number)
                left -= len(copied)
                if left < 0:
                    raise ObjectTooLargeError(f"a patch that copies more than {max_bytes} bytes")
                document = _placed(document, operation, number, orjson.loads(copied))
            else:
                document = _applied(document, operation, number)
        return document

    return _there(change)


def merged(document: Json, patch: Json) -> Json:
    """`document` with a merge patch (RFC 7396): null takes a member out."""
    if not isinstance(patch, dict):
        return patch
    result = document if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _there(change: Change) -> Change:
    def changed(document: Json) -> Json:
        if document is None:
            raise MemoryNotFoundError("there is no such memory to patch")
        result = change(document)
        if result is None:
            raise InvalidDataError("a patch to null", hint="Use DELETE to take a memory away.")
        return result

    return changed


def _operations(patch: Json) -> list[dict[str, Any]]:
    import jsonpatch  # noqa: PLC0415  # most services never patch

    if not isinstance(patch, list) or len(patch) > MOST:
        raise InvalidDataError(f"a JSON Patch is a list of at most {MOST} operations")
    try:
        jsonpatch.JsonPatch(patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise _no_patch(error) from None
    for operation in patch:
        _encoded(operation.get("value"))
    return patch


def _encoded(value: Json) -> bytes:
    """Raises: InvalidDataError for what is too deep to store, and for Python's stack."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise InvalidDataError(f"a patch with a value that cannot be stored: {error}") from None


def _copied(document: Json, operation: dict[str, Any], number: int) -> bytes:
    """What is to be copied, not yet as objects: those are what takes memory and time."""
    import jsonpointer  # noqa: PLC0415

    try:
        found = jsonpointer.JsonPointer(operation["from"]).resolve(document)
    except KeyError:
        raise InvalidDataError(f"operation {number} (copy) has no 'from'", hint=_HINT) from None
    except jsonpointer.JsonPointerException:
        raise _unfit("copy", number) from None
    if isinstance(found, jsonpointer.EndOfList):
        raise _unfit("copy", number)
    return _encoded(found)


def _placed(document: Json, operation: dict[str, Any], number: int, value: Json) -> Json:
    """As `add`, which would copy the value once more, and slowly."""
    both = {"value": value, "document": document}
    move = {**operation, "op": "move", "from": "/value", "path": f"/document{operation['path']}"}
    return _applied(both, move, number, "copy")["document"]


def _no_patch(error: Exception) -> InvalidDataError:
    return InvalidDataError(f"this is no JSON Patch: {error}", hint=_HINT)


def _applied(
    document: Json, operation: dict[str, Any], number: int, kind: str | None = None
) -> Json:
    import jsonpatch  # noqa: PLC0415

    try:
        return jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
    except jsonpatch.InvalidJsonPatch as error:
        raise _no_patch(error) from None
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        # The library's words repeat what is in the document.
        raise _unfit(kind or operation["op"], number) from None


def _unfit(kind: str, number: int) -> PatchConflictError:
    return PatchConflictError(f"operation {number} ({kind}) does not fit the memory as it is")
