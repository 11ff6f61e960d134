"""Broken set-ups: what one is, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.ops.doctor.bench import Bench


@dataclass(frozen=True)
class Case:
    """What is broken, and what has to be said.

    `said` and `hint` are looked for in summary and hint of `check`; `blocks` are checks that are
    skipped because of it.
    """

    name: str
    arrange: Callable[[Bench], object]
    check: str
    said: str
    hint: str
    status: str = "fail"
    code: str | None = None
    exit: int = 1
    blocks: tuple[str, ...] = ()


CASES: list[Case] = []


def case(check: str, said: str, hint: str, **more: Any) -> Callable[..., Callable[[Bench], object]]:
    """The function below breaks a set-up; its name is that of the case."""

    def add(arrange: Callable[[Bench], object]) -> Callable[[Bench], object]:
        CASES.append(Case(arrange.__name__, arrange, check, said, hint, **more))
        return arrange

    return add


def stranger(status: int, headers: str, body: bytes = b"") -> bytes:
    """An answer without what every answer of a blob service has."""
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"{head}{headers}\r\n\r\n".encode() + body
