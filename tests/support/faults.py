"""Faults at chosen requests: a layer that loses answers, refuses, holds back, or runs a hook."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeVar

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import (
    OperationTimeoutError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.layers.base import Layer

T = TypeVar("T")
Role = Literal["head", "segment", "marker", "key", "container"]
_ROLES: Mapping[str, Role] = {
    "history": "segment",
    "deleted": "marker",
    "keys": "key",
    ".health": "container",  # what a store is asked with
}
_WRITES = frozenset({"put", "upload", "delete", "delete_many"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the store; `position` counts all of one FaultyBackend, from 1."""

    position: int
    operation: str
    key: str | None

    @property
    def role(self) -> Role:
        """What kind of blob a document calls this."""
        if self.key is None:
            return "container"
        return _ROLES.get(self.key.partition("/")[0], "head")

    @property
    def writes(self) -> bool:
        return self.operation in _WRITES


Call = Callable[[], Any]
Fault = Callable[[Request, Call], Any]
"""Does with a request what it likes: `call` sends it."""
Rule = Callable[[Request], Fault | None]
"""Which fault a request meets, None for none."""


class FaultyBackend(Layer):
    """Puts every request to `rule`, which may be replaced at any time, and remembers them all."""

    def __init__(self, inner: Backend, rule: Rule | None = None) -> None:
        super().__init__(inner)
        self.rule = rule
        self.requests: list[Request] = []
        self._counting = threading.Lock()

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        with self._counting:
            request = Request(len(self.requests) + 1, operation, key)
            self.requests.append(request)
        fault = self.rule(request) if self.rule else None
        return call() if fault is None else fault(request, call)


def at(position: int, fault: Fault) -> Rule:
    """`fault` at one request, by its position among all."""
    return lambda request: fault if request.position == position else None


def on(operation: str, role: Role, *faults: Fault | None) -> Rule:
    """`faults` for the requests of one kind, in turn; those behind the last pass."""
    waiting = list(faults)

    def rule(request: Request) -> Fault | None:
        if waiting and (request.operation, request.role) == (operation, role):
            return waiting.pop(0)
        return None

    return rule


def any_of(*rules: Rule) -> Rule:
    """The first rule that has a fault for a request."""
    return lambda request: next((fault for rule in rules if (fault := rule(request))), None)


def lost(request: Request, call: Call) -> NoReturn:
    """It lands, whatever the service answers, and the answer is lost."""
    with suppress(StorageError):
        call()
    raise _no_answer(UnavailableError, request)


def refused(request: Request, call: Call) -> NoReturn:
    """It never arrives, and the client cannot know that."""
    raise _no_answer(UnavailableError, request)


def throttled(request: Request, call: Call) -> NoReturn:
    """The service says that it did nothing."""
    raise ThrottledError("slow down", operation=request.operation, key=request.key)


def before(hook: Callable[[], object]) -> Fault:
    """Run `hook`, then send it."""

    def fault(request: Request, call: Call) -> Any:
        hook()
        return call()

    return fault


def after(hook: Callable[[], object]) -> Fault:
    """Send it and run `hook` before its answer is seen."""

    def fault(request: Request, call: Call) -> Any:
        try:
            return call()
        finally:
            hook()

    return fault


class Held:
    """A fault: the client times out, and the request lands later, when `land` is called."""

    def __init__(self) -> None:
        self.waiting: list[Call] = []

    def __call__(self, request: Request, call: Call) -> NoReturn:
        self.waiting.append(call)
        raise _no_answer(OperationTimeoutError, request)

    def land(self) -> None:
        """Nobody waits for the answers any more."""
        while self.waiting:
            with suppress(StorageError):
                self.waiting.pop(0)()


def killed_before(request: Request, call: Call) -> NoReturn:
    """SIGKILL to this process; the request is not sent."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def killed_after(request: Request, call: Call) -> NoReturn:
    """SIGKILL to this process as soon as the request has landed, or was answered otherwise."""
    with suppress(StorageError):
        call()
    killed_before(request, call)


def _no_answer(kind: type[StorageError], request: Request) -> StorageError:
    return kind(
        f"no answer to {request.operation}",
        operation=request.operation,
        key=request.key,
        outcome_unknown=request.writes,
    )
