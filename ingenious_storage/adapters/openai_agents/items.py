"""Items: what a session remembers, as they are stored: a document with a list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from ingenious_storage import msgpackdata
from ingenious_storage.arguments import items_of
from ingenious_storage.errors import InvalidDataError
from ingenious_storage.jsondata import Json

if TYPE_CHECKING:
    from agents import TResponseInputItem

EMPTY: Final[Json] = {"items": []}
_HINT: Final = (
    "An item holds what JSON has, bytes, and whole numbers of 64 bits; of an object of the SDK "
    "give item.to_input_item(), of a model of pydantic model_dump()."
)


class NothingToDoError(Exception):
    """A change of a session that would write nothing."""


def encoded(items: Sequence[TResponseInputItem]) -> bytes:
    """A copy that nobody changes any more. Raises: InvalidDataError.

    What `json` would write besides plain values, such as tuples and members of an enum of texts, is
    taken as what it writes; other than there, NaN, lone surrogates and whole numbers as names of
    members come back as they are.
    """
    given = items_of(items, what="items", such_as='[{"role": "user", "content": "Hello"}]')
    try:
        return msgpackdata.dumps(given)
    except InvalidDataError:
        return _of_plain(given)


def decoded(items: bytes) -> list[TResponseInputItem]:
    """What `encoded` was given: a copy for each caller."""
    return cast("list[TResponseInputItem]", msgpackdata.loads(items))


def items_in(data: Json) -> list[TResponseInputItem]:
    """The items of a session's document; none where there is no document.

    Raises: InvalidDataError when it is no session's.
    """
    if data is None:
        return []
    found = data.get("items") if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise InvalidDataError(
            "this document holds no items of a session",
            hint="Somebody else wrote it: `rollback` brings an earlier revision back.",
        )
    return cast("list[TResponseInputItem]", found)


def _of_plain(given: list[Any]) -> bytes:
    try:
        return msgpackdata.dumps(_plain(given))
    except InvalidDataError as error:
        raise InvalidDataError(error.message, hint=_HINT) from None
    except TypeError:  # a list is no name in a dict
        raise InvalidDataError("the name of a member is a tuple", hint=_HINT) from None
    except RecursionError:
        raise InvalidDataError("an item is nested too deep", hint=_HINT) from None


def _plain(value: Any) -> Any:
    """Without the classes that only Python knows; what is none of these stays, and is refused."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        return {_plain(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else value
