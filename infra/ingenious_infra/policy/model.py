"""Policy rules: what a rule is, and the few words that rules are written in. No Pulumi here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Props = Mapping[str, Any]

ALL = frozenset({"dev", "test", "prod"})
NONE: frozenset[str] = frozenset()
PROD = frozenset({"prod"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack: its token, its logical name, its properties by wire name."""

    type: str
    name: str
    props: Props
    protect: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """Every resource of a stack."""

    resources: Sequence[Resource]

    def all(self, kind: str) -> list[Resource]:
        """Return the resources of one kind, as `storage:StorageAccount`."""
        return [found for found in self.resources if found.type == f"azure-native:{kind}"]

    @property
    def environment(self) -> str:
        """The account's `environment` tag; without one the strictest, prod."""
        return next((environment_of(found.props) for found in self._accounts()), "prod")

    @property
    def ephemeral(self) -> bool:
        """Whether the account is tagged as one that a job makes and destroys."""
        return any(at(found.props, "tags.ephemeral") == "true" for found in self._accounts())

    def _accounts(self) -> list[Resource]:
        return self.all("storage:StorageAccount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule has: a name, where the control comes from, and where it is enforced.

    In the environments of `mandatory` a violation stops the update, in those of `advisory` it is
    printed, and elsewhere the rule does not apply.
    """

    name: str
    sources: tuple[str, ...]
    description: str
    mandatory: frozenset[str] = ALL
    advisory: frozenset[str] = NONE

    def applies(self, environment: str) -> bool:
        """Whether the rule is asked in `environment` at all."""
        return environment in self.mandatory | self.advisory


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(Rule):
    """A rule on one resource; checked before that resource is touched."""

    kind: str
    check: Callable[[Props], Iterator[str]]

    def violations(self, stack: Stack) -> Iterator[str]:
        """What each resource of the rule's type violates, with its name."""
        for found in stack.all(self.kind):
            for message in self.check(found.props):
                yield f"{found.name}: {message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(Rule):
    """A rule on what a stack has together; checked when all of it is known."""

    check: Callable[[Stack], Iterator[str]]

    def violations(self, stack: Stack) -> Iterator[str]:
        """What the stack as a whole violates."""
        return self.check(stack)


def environment_of(props: Props) -> str:
    """Return a resource's `environment` tag; without one the strictest, prod."""
    found = at(props, "tags.environment")
    return found if isinstance(found, str) and found in ALL else "prod"


def at(props: Any, path: str) -> Any:
    """Return the value at a dotted path, or None where a step of it is missing."""
    for step in path.split("."):
        if not isinstance(props, Mapping):
            return None
        props = props.get(step)
    return props


def allow(path: str, *values: object) -> Callable[[Props], Iterator[str]]:
    """Make a check that the value at `path` is one of `values`; missing is a violation."""
    return _among(path, values)


def on(path: str) -> Callable[[Props], Iterator[str]]:
    """Make a check that the flag at `path` is set; missing is a violation."""
    return _among(path, (True,))


def off(path: str) -> Callable[[Props], Iterator[str]]:
    """Make a check that the flag at `path` is cleared; missing is a violation."""
    return _among(path, (False,))


def given(path: str) -> Callable[[Props], Iterator[str]]:
    """Make a check that there is a value at `path`, be it one that a preview does not know yet."""
    parent, _, last = path.rpartition(".")

    def check(props: Props) -> Iterator[str]:
        # Not `in`: that reads the value, which the engine's proxies refuse while it is unknown.
        if last not in list(at(props, parent) or ()):
            yield f"{path} is not set; allowed: any"

    return check


def _among(path: str, values: tuple[object, ...]) -> Callable[[Props], Iterator[str]]:
    allowed = " or ".join(map(str, values))

    def check(props: Props) -> Iterator[str]:
        found = at(props, path)
        if found not in values:
            yield f"{path} is {'not set' if found is None else found}; allowed: {allowed}"

    return check


def at_least(path: str, least: float) -> Callable[[Props], Iterator[str]]:
    """Make a check that the number at `path` is `least` or more; missing is a violation."""

    def check(props: Props) -> Iterator[str]:
        found = at(props, path)
        if found is None or found < least:
            yield f"{path} is {'not set' if found is None else found}; allowed: {least:g} or more"

    return check


def every(*checks: Callable[[Props], Iterator[str]]) -> Callable[[Props], Iterator[str]]:
    """Make a check that fails where any of `checks` does."""

    def check(props: Props) -> Iterator[str]:
        for one in checks:
            yield from one(props)

    return check
