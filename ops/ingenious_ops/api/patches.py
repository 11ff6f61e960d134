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

Change = Callable[[Json], Json]
"""From a document to what it becomes; the document may be changed in place."""


def change_of(media_type: str, patch: Json, *, max_bytes: int) -> Change:
    """What a patch does, for `update_memory`.

    Args:
        max_bytes: of the document at any time: a few copies of copies would fill the memory.

    Raises: InvalidDataError for what is no such patch; the change itself MemoryNotFoundError where
    nothing is, PatchConflictError, ObjectTooLargeError.
    """
    if media_type == MERGE_PATCH:
        return _there(lambda document: merged(document, patch))
    operations = _operations(patch)

    def change(document: Json) -> Json:
        for number, operation in enumerate(operations):
            document = _applied(document, operation, number)
            if operation["op"] == "copy" and len(orjson.dumps(document)) > max_bytes:
                raise ObjectTooLargeError(f"a patch to more than {max_bytes} bytes")
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
    return patch


def _no_patch(error: Exception) -> InvalidDataError:
    return InvalidDataError(f"this is no JSON Patch: {error}", hint="See RFC 6902, section 4.")


def _applied(document: Json, operation: dict[str, Any], number: int) -> Json:
    import jsonpatch  # noqa: PLC0415

    try:
        return jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
    except jsonpatch.InvalidJsonPatch as error:
        raise _no_patch(error) from None
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        # The library's words repeat what is in the document.
        what = f"operation {number} ({operation['op']}) does not fit the memory as it is"
        raise PatchConflictError(what) from None
