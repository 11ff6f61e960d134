"""Checks and their results: what a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context


WARN_SKEW: Final = timedelta(minutes=5)
"""Who checks tokens tolerates this much by default (ClockSkew of Microsoft.IdentityModel)."""


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105  # no secret
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found, without secrets.

    Attributes:
        summary: one line.
        details: more lines.
        hint: what to do next, with the exact command where there is one.
        code: of the error that it is about; see docs/errors.md.
        stops: checks that need this one make no sense now.
    """

    status: Status
    summary: str
    details: tuple[str, ...] = ()
    hint: str | None = None
    code: str | None = None
    stops: bool = False


def passed(summary: str, *details: str, stops: bool = False) -> Result:
    """The result of a check that found nothing wrong; `stops` leaves out those that need more."""
    return Result(Status.PASS, summary, details, stops=stops)


def warned(
    summary: str, *details: str, hint: str, code: str | None = None, stops: bool = False
) -> Result:
    """The result of a check that found something that works, but should be changed."""
    return Result(Status.WARN, summary, details, hint, code, stops)


def failed(summary: str, *details: str, hint: str, code: str | None = None) -> Result:
    """The result of a check that found something broken: what needs it is left out."""
    return Result(Status.FAIL, summary, details, hint, code, stops=True)


def skipped(summary: str, *, hint: str | None = None, code: str | None = None) -> Result:
    """The result of a check that could not be made: what needs it is left out."""
    return Result(Status.SKIP, summary, hint=hint, code=code, stops=True)


@dataclass(frozen=True, slots=True)
class Check:
    """One question.

    Attributes:
        name: stable; what `needs` of others and `--json` call it.
        section: checks of one section stand together.
        title: what it asks for, in a word or two.
        needs: names of the checks before it without which it makes no sense.
    """

    name: str
    section: str
    title: str
    run: Callable[[Context], Result]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check and what came of it; `because` is the check that kept it from running."""

    check: Check
    result: Result
    seconds: float
    because: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As `--json` and a ticket have it; durations in seconds."""
        return {
            "name": self.check.name,
            "section": self.check.section,
            "title": self.check.title,
            "status": self.result.status.value,
            "summary": self.result.summary,
            "details": list(self.result.details),
            "hint": self.result.hint,
            "code": self.result.code,
            "because": self.because,
            "seconds": round(self.seconds, 3),
        }


def worst(outcomes: Iterable[Outcome]) -> Status:
    """Of several: a failure, else a warning; what was skipped counts when all of it was."""
    found = {outcome.result.status for outcome in outcomes}
    for status in (Status.FAIL, Status.WARN, Status.PASS):
        if status in found:
            return status
    return Status.SKIP
