"""Schema of inputs, from the SDK's argument classes: required properties, types, enums."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from threading import Lock
from typing import (
    Any,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, is_input_type

from local.wire import UNKNOWN, Values

_importing = Lock()
_PLAIN = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}


class Problem(NamedTuple):
    """One thing that is wrong with an input; `path` is for example "sku.name"."""

    path: str
    reason: str


def problems(token: str, inputs: Values) -> list[Problem]:
    """What Azure would refuse in the inputs of resource type `token` by its schema."""
    return list(_object(_args(token), inputs, ""))


def names(token: str) -> list[str]:
    """The inputs that resource type `token` has."""
    return list(_properties(_args(token)))


def _args(token: str) -> type:
    _, module, name = token.split(":")
    with _importing:  # importing is slow, and the SDK's star imports see half-made modules
        sdk = importlib.import_module(f"pulumi_azure_native.{module}")
    # The SDK calls it so where a nested type has the plain name, as monitor.ActionGroupArgs has.
    args: type = getattr(sdk, f"{name}InitArgs", None) or getattr(sdk, f"{name}Args")
    return args


class _Property(NamedTuple):
    types: tuple[Any, ...]
    is_required: bool


@cache
def _properties(args: type) -> dict[str, _Property]:
    """The properties of an argument class by their names on the wire."""
    # `pulumi.Input` refers to these two by name.
    scope = {"Output": pulumi.Output, "T": TypeVar("T")}
    hints = get_type_hints(vars(args)["__init__"], localns=scope)
    names = input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args).parameters.values()
    return {
        names[p.name]: _Property(tuple(_members(hints[p.name])), p.default is p.empty)
        for p in parameters
        if p.name in names
    }


def _members(hint: Any) -> Iterator[Any]:
    """The types of a value that is known: no `None`, `Awaitable`, `Output` or typed dict."""
    if get_origin(hint) is Union:
        for member in get_args(hint):
            yield from _members(member)
    elif not is_typeddict(hint) and (hint in _PLAIN or hint is Any or _is_value(hint)):
        yield hint


def _is_value(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is not None:
        return _is_list(origin) or (isinstance(origin, type) and issubclass(origin, Mapping))
    return isinstance(hint, type) and (issubclass(hint, Enum) or is_input_type(hint))


def _is_list(origin: Any) -> bool:
    return getattr(origin, "__name__", "") == "Sequence"


def _object(args: type, inputs: Values, path: str) -> Iterator[Problem]:
    known = _properties(args)
    for name in inputs.keys() - known.keys():
        yield Problem(path + name, "there is no such property")
    for name, (types, is_required) in known.items():
        if name in inputs:
            yield from _value(types, inputs[name], path + name)
        elif is_required:
            yield Problem(path + name, "is required")


def _value(types: tuple[Any, ...], value: Any, path: str) -> Iterator[Problem]:
    """The problems of `value`: those of the type that fits best, where there are several."""
    if value == UNKNOWN or Any in types or not types:
        return
    enums = [*filter(_is_enum, types)]
    others = [member for member in types if member not in enums and not (enums and member is str)]
    choices = [list(_one(member, value, path)) for member in others]
    if enums:
        choices.append(list(_enum(enums, value, path)))
    yield from min(choices, key=len)


def _is_enum(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, Enum)


def _enum(enums: list[type[Enum]], value: Any, path: str) -> Iterator[Problem]:
    allowed = [str(member.value) for enum in enums for member in enum]
    if str(value) not in allowed:
        yield Problem(path, f"{value!r} is not one of {', '.join(allowed)}")


def _one(member: Any, value: Any, path: str) -> Iterator[Problem]:
    origin = get_origin(member)
    if origin is not None:
        yield from _collection(member, origin, value, path)
    elif member in _PLAIN:
        accepted = (int, float) if member is float else member
        if not isinstance(value, accepted) or (member is not bool and isinstance(value, bool)):
            yield Problem(path, f"{value!r} is not {_PLAIN[member]}")
    elif isinstance(value, dict):
        yield from _object(member, value, path + ".")
    else:
        yield Problem(path, f"{value!r} is not an object")


def _collection(member: Any, origin: Any, value: Any, path: str) -> Iterator[Problem]:
    types = tuple(_members(get_args(member)[-1]))
    if _is_list(origin):
        if not isinstance(value, list):
            yield Problem(path, f"{value!r} is not a list")
            return
        for number, item in enumerate(value):
            yield from _value(types, item, f"{path}[{number}]")
    elif not isinstance(value, dict):
        yield Problem(path, f"{value!r} is not a map")
    else:
        for key, item in value.items():
            yield from _value(types, item, f"{path}.{key}")
