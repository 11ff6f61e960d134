"""Packing: messages and records of Pydantic AI as plain values of MessagePack, and back.

Pydantic's own JSON refuses what models and tools really return: bytes that are no UTF-8, and text
with lone surrogates. What it makes for Python keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_ai.conversation_store import ConversationEntry, ConversationRecord
from pydantic_ai.messages import ModelMessagesTypeAdapter
from pydantic_core import PydanticSerializationError, to_jsonable_python

from ingenious_storage import msgpackdata
from ingenious_storage.errors import CorruptObjectError, InvalidDataError, UnsupportedFormatError
from ingenious_storage.jsondata import Json

FORMAT: Final = 1
"""`format_version` of the records that this release reads and writes."""
_HINT: Final = (
    "A message holds what pydantic can serialise; whole numbers have 64 bits at most, and names of "
    "members are texts or whole numbers."
)
_RECORD: Final = TypeAdapter(ConversationRecord)


def packed_record(record: ConversationRecord) -> Json:
    """Raises: InvalidDataError."""
    return _packed(_RECORD.dump_python(record))


def packed_entries(entries: Sequence[ConversationEntry]) -> list[Json]:
    """Each as [id, parent, kind, message]: a copy. Raises: InvalidDataError."""
    messages = _packed(ModelMessagesTypeAdapter.dump_python([each.message for each in entries]))
    return [
        [entry.id, entry.parent_id, entry.kind, message]
        for entry, message in zip(entries, messages, strict=True)
    ]


def record_of(packed: Json, *, key: str) -> ConversationRecord:
    """Raises: CorruptObjectError, UnsupportedFormatError."""
    version = packed.get("format_version") if isinstance(packed, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise UnsupportedFormatError(f"the record's format_version is {version}", key=key)
    try:
        return _RECORD.validate_python(packed)
    except ValidationError as error:
        raise _corrupt("record", error, key) from None


def entries_of(packed: Sequence[Json], *, key: str) -> list[ConversationEntry]:
    """Raises: CorruptObjectError."""
    try:
        messages = ModelMessagesTypeAdapter.validate_python([each[3] for each in packed])
    except ValidationError as error:
        raise _corrupt("messages", error, key) from None
    return [
        ConversationEntry(id=each[0], parent_id=each[1], kind=each[2], message=message)
        for each, message in zip(packed, messages, strict=True)
    ]


def _corrupt(what: str, error: ValidationError, key: str) -> CorruptObjectError:
    count = error.error_count()  # its text holds what was stored
    return CorruptObjectError(f"{count} fields of the {what} are not what they should be", key=key)


def _packed(dumped: Any) -> Json:
    try:
        # Through the bytes: what cannot be read again must not be stored.
        return msgpackdata.loads(msgpackdata.dumps(_plain(dumped)))
    except (InvalidDataError, PydanticSerializationError, RecursionError, CorruptObjectError) as no:
        raise InvalidDataError(f"this cannot be stored: {no}", hint=_HINT) from None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | bytes):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return {_plain(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return _plain(to_jsonable_python(value))
