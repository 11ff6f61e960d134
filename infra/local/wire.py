"""Conversion between the engine's protobuf structures and plain values.

The provider answers that it takes no secrets, output values or resources, so the engine sends
plain values, and marks what comes back for a secret input as secret itself. What remains is
unknown values (during a preview), numbers (always floats) and nulls.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

Values = dict[str, Any]

# pulumi.runtime.rpc: UNKNOWN, _special_sig_key and _special_secret_sig.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # marks a secret, is none


def plain(struct: Struct) -> Values:
    """The values in `struct`, without nulls, whole numbers as `int`."""
    values: Values = _plain(json_format.MessageToDict(struct))
    return values


def to_struct(values: Values) -> Struct:
    """Plain values as the engine's structure."""
    struct = Struct()
    struct.update(values)
    return struct


def secret(value: Any) -> Values:
    """`value`, marked so that the engine encrypts it in its state and hides it in its output."""
    return {_SIGNATURE: _SECRET, "value": value}


def is_unknown(value: Any) -> bool:
    """True if a preview does not know `value` yet, or not all of it."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    return any(map(is_unknown, value)) if isinstance(value, list) else bool(value == UNKNOWN)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
