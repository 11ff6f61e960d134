"""A resource's inputs before anything is done with them."""

from __future__ import annotations

import hashlib
from typing import Any

from local.kinds import schema
from local.kinds.rules import rule_problems
from local.kinds.schema import Problem
from local.kinds.table import kind_of
from local.wire import Values, is_unknown, plain


def problems(token: str, inputs: Values) -> list[Problem]:
    """All that Azure would refuse in `inputs`: schema first, then name and rules."""
    kind = kind_of(token)
    if found := schema.problems(token, inputs):
        return found
    name = inputs[kind.name_field]
    if not is_unknown(name) and not kind.name.allows(name):
        return [Problem(kind.name_field, f"{name!r} is not {kind.name.words}")]
    return rule_problems(token, inputs)


def with_name(token: str, logical_name: str, inputs: Values, request: Any) -> Values:
    """`inputs` with a name: the one given, the one it had, or like azure-native a random one."""
    field = kind_of(token).name_field
    if field in inputs:
        return inputs
    old = plain(request.olds).get(field)
    digest = hashlib.sha256(request.randomSeed).hexdigest()[:8]
    return {**inputs, field: old or f"{logical_name}{digest}"}


def inputs_of(token: str, values: Values, old: Values) -> Values:
    """The inputs that would give `values`: those in `old`, or for an import all that there are."""
    names = old.keys() or schema.names(token)
    return {name: _given(values[name], old.get(name)) for name in names if name in values}


def _given(value: Any, old: Any) -> Any:
    """`value` without what Azure added inside it, such as a vault's URI."""
    if isinstance(value, dict) and isinstance(old, dict):
        return {name: _given(value[name], old[name]) for name in old if name in value}
    if isinstance(value, list) and isinstance(old, list) and len(value) == len(old):
        return [_given(item, before) for item, before in zip(value, old, strict=True)]
    if isinstance(value, dict) and isinstance(old, list):
        return list(value)  # the ids of identities, which Azure answers as the keys of a map
    return value
