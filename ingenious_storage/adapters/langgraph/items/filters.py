"""Filters: which items a search keeps, by the operators of LangGraph's `SearchOp`.

A value fits itself, a map fits one that has all its names, a list one of the same length. `$gt`,
`$gte`, `$lt` and `$lte` compare as numbers, and fit no value that is none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from ingenious_storage.errors import InvalidDataError

_ORDERS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_KNOWN: Final = ("$eq", "$ne", *_ORDERS)


def check(wanted: Mapping[str, Any] | None) -> None:
    """Raises: InvalidDataError for an unknown operator, and for a bound that is no number."""
    for value in (wanted or {}).values():
        _check(value)


def _check(wanted: Any) -> None:
    if isinstance(wanted, list | tuple):
        for each in wanted:
            _check(each)
    if not isinstance(wanted, dict):
        return
    for name, value in wanted.items():
        if not _is_operation(wanted):
            _check(value)
        elif name not in _KNOWN:
            raise InvalidDataError(
                f"a filter has the operator {name!r}", hint=f"There are {', '.join(_KNOWN)}."
            )
        elif name in _ORDERS and _number(value) is None:
            raise InvalidDataError(
                f"{name} compares numbers, not {value!r}",
                hint="Keep times as seconds, or filter what the search gives.",
            )


def fits(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether an item's value passes a checked filter."""
    return all(_fits(value.get(name), each) for name, each in (wanted or {}).items())


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        if _is_operation(wanted):
            return all(_applies(value, name, each) for name, each in wanted.items())
        return isinstance(value, dict) and fits(value, wanted)
    if isinstance(wanted, list | tuple):
        return (
            isinstance(value, list) and len(value) == len(wanted) and all(map(_fits, value, wanted))
        )
    return bool(value == wanted)


def _is_operation(wanted: Mapping[Any, Any]) -> bool:
    return any(isinstance(name, str) and name.startswith("$") for name in wanted)


def _applies(value: Any, name: str, bound: Any) -> bool:
    if name not in _ORDERS:
        return bool(value == bound) == (name == "$eq")
    number, limit = _number(value), _number(bound)
    return number is not None and limit is not None and _ORDERS[name](number, limit)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
