"""Namespaces: which of them a `ListNamespacesOp` asks for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from langgraph.store.base import ListNamespacesOp, MatchCondition

from ingenious_storage.errors import InvalidDataError

Namespace = tuple[str, ...]
_ANY: Final = "*"


def check(op: ListNamespacesOp) -> None:
    """Raises: InvalidDataError for a condition of another kind, and a depth of none."""
    for condition in op.match_conditions or ():
        if condition.match_type not in {"prefix", "suffix"}:
            raise InvalidDataError(
                f"a namespace is matched by {condition.match_type!r}",
                hint='Match by "prefix" or by "suffix".',
            )
    if op.max_depth is not None and op.max_depth < 1:
        raise InvalidDataError(f"max_depth is {op.max_depth}", hint="Give 1 or more.")


def below(op: ListNamespacesOp) -> Namespace:
    """The longest labels that all of them begin with: what has to be listed."""
    begins = [
        tuple(takewhile(lambda label: label != _ANY, condition.path))
        for condition in op.match_conditions or ()
        if condition.match_type == "prefix"
    ]
    return max(begins, key=len, default=())


def chosen(op: ListNamespacesOp, namespaces: Iterable[Namespace]) -> list[Namespace]:
    """Those that are asked for, cut to the depth, in order, each once."""
    conditions = op.match_conditions or ()
    kept = {
        namespace[: op.max_depth]
        for namespace in namespaces
        if all(_matches(condition, namespace) for condition in conditions)
    }
    return sorted(kept)[op.offset : op.offset + op.limit]


def _matches(condition: MatchCondition, namespace: Namespace) -> bool:
    path = tuple(condition.path)
    if len(namespace) < len(path):
        return False
    begins = condition.match_type == "prefix"
    labels = namespace[: len(path)] if begins else namespace[len(namespace) - len(path) :]
    return all(wanted in {_ANY, label} for wanted, label in zip(path, labels, strict=True))
