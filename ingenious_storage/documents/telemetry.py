"""Telemetry of documents: a span for each call, counts, events, log records.

Names and meanings: docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, Literal, ParamSpec, Protocol, TypeVar

from opentelemetry.trace import Span, SpanKind

from ingenious_storage import telemetry
from ingenious_storage.errors import CorruptObjectError

P = ParamSpec("P")
R = TypeVar("R")

Outcome = Literal["landed", "resent", "withdrawn", "unknown"]
"""What became of a commit whose answer was lost: it had landed; it was sent again and answered;
it had not landed, and another writer's revision made it needless or forbade it; nobody knows."""
_OUTCOMES: Final[tuple[Outcome, ...]] = ("landed", "resent", "withdrawn", "unknown")


class DocumentTelemetry:
    """Counts and logs what happens to the documents of one container, named by its role."""

    def __init__(self, container: str) -> None:
        self.container = container
        self.attributes = {telemetry.ATTR_CONTAINER: container}
        self._outcomes = {
            outcome: {**self.attributes, telemetry.ATTR_OUTCOME: outcome} for outcome in _OUTCOMES
        }

    def revision_saved(self) -> None:
        """A revision has landed."""
        if telemetry.is_enabled():
            telemetry.emit.revisions.add(1, self.attributes)
            telemetry.add_event(telemetry.EVENT_SAVED)

    def conflict_settled(self) -> None:
        """Another writer's revision was found, and the next try goes on top of it."""
        telemetry.emit.conflicts.add(1, self.attributes)
        telemetry.add_event(telemetry.EVENT_CONFLICT)

    def lost_answer_settled(self, outcome: Outcome) -> None:
        """It is known, or will never be, what became of a write whose answer was lost."""
        telemetry.emit.lost_answers.add(1, self._outcomes[outcome])
        telemetry.add_event(telemetry.EVENT_LOST_ANSWER, {telemetry.ATTR_OUTCOME: outcome})
        if outcome == "unknown":
            telemetry.logger.warning(
                "a revision was sent to the %s container, and whether it landed is unknown",
                self.container,
            )

    def blind_overwrite(self) -> None:
        """A save without `expected` went on top of a revision that it had not read."""
        telemetry.emit.blind_overwrites.add(1, self.attributes)
        telemetry.add_event(telemetry.EVENT_BLIND)
        telemetry.logger.info(
            "a save in the %s container went on top of a revision that it had not read; "
            "expected= would refuse that",
            self.container,
        )

    def corrupt_object(self, error: CorruptObjectError) -> CorruptObjectError:
        """Count and log `error`, once however often it is given; and hand it back to be raised."""
        telemetry.corrupt_object_met(error, self.container)
        return error


class _Traced(Protocol):
    @property
    def telemetry(self) -> DocumentTelemetry: ...


S = TypeVar("S", bound=_Traced)


def traced(
    call: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], R]:
    """A span around a call on documents, by the name of the function; its attempts nest in it."""
    name = telemetry.DOCUMENT_PREFIX + call.__name__

    def told(store: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(store, *args, **kwargs)
        except CorruptObjectError as error:
            store.telemetry.corrupt_object(error)
            raise

    @wraps(call)
    def inside(store: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not telemetry.is_enabled():
            try:  # as `told` does, which would cost a cached read another call
                return call(store, *args, **kwargs)
            except CorruptObjectError as error:
                store.telemetry.corrupt_object(error)
                raise

        def run(_span: Span) -> R:
            return told(store, *args, **kwargs)

        return telemetry.in_span(name, store.telemetry.attributes, SpanKind.INTERNAL, run)

    return inside
