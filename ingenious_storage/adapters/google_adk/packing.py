"""Packing: what the framework's models hold as data that MessagePack keeps, and bytes as bytes.

JSON would cost a third more for the bytes of an image, and refuse the lone surrogates that models
emit. What the framework reads back from such data equals what was packed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_jsonable_python

from ingenious_storage.errors import InvalidDataError

FRAMEWORK: Final = "google-adk"


def packed(model: BaseModel) -> Any:
    """The data of an event or of a part. Raises: as `plain`."""
    return plain(model.model_dump(mode="python", exclude_none=True))


def plain(value: Any) -> Any:
    """The same of maps, lists, texts, numbers and bytes; times and models as JSON has them.

    Raises: InvalidDataError for what JSON has no form for either, such as a function.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | bytes | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {plain(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=repr)
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="python"))
    try:
        return to_jsonable_python(value)
    except (PydanticSerializationError, ValueError) as error:
        raise InvalidDataError(
            f"a value of type {type(value).__name__} cannot be kept: {error}",
            hint="Keep data in the state; what is for one invocation alone begins with `temp:`.",
        ) from None
