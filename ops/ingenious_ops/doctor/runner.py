"""Runner of the checks, in their order: each is bounded, and none runs without what it needs."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.advice import of_error
from ingenious_ops.doctor.model import Check, Outcome, Result, failed, skipped, warned
from ingenious_ops.doctor.probes import PREFIX
from ingenious_storage.config import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ingenious_ops.doctor.context import Context

LEFT: Final = "probes"
_RESERVE: Final = 0.2
"""The part of the time that is kept for removing probes, at most _RESERVE_SECONDS of it."""
_RESERVE_SECONDS: Final = 5.0


class Examination:
    """One run over a table of checks; `timeout`, in seconds, bounds all of it.

    A check that does not come back in time is left alone, in a thread that dies with the process.
    """

    def __init__(
        self,
        context: Context,
        *,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context, self._timeout, self._clock = context, timeout, clock
        self._reserve = min(_RESERVE * timeout, _RESERVE_SECONDS)
        self._last_start = clock() + timeout - self._reserve
        self._stopped: dict[str, Check] = {}  # and which check is to blame
        self._running: threading.Event | None = None

    def run(
        self, first: Sequence[Check], choose: Callable[[Context], Sequence[Check]]
    ) -> Generator[Outcome, None, None]:
        """The outcomes of `first`, then of the checks that `choose` names by what they found.

        However it ends, also by an interrupt or by closing it, no probe stays in the store.
        """
        try:
            for check in first:
                yield self._outcome(check)
            for check in choose(self._context):
                yield self._outcome(check)
        finally:
            self._clean()
        if left := self._context.probes.left:
            yield self._left_behind(left)

    def _outcome(self, check: Check) -> Outcome:
        began = self._clock()
        cause = next((self._stopped[name] for name in check.needs if name in self._stopped), None)
        if cause is not None:
            where = "" if cause.section == check.section else f"{cause.section}: "
            result = skipped(f'skipped, because "{where}{cause.title}" did not pass')
        elif began >= self._last_start:
            result = skipped(
                f"not reached within {self._timeout:g} s", hint="Give it more by --timeout."
            )
        else:
            result = self._bounded(check, self._last_start - began)
        if result.stops:
            self._stopped[check.name] = cause or check
        because = None if cause is None else cause.name
        return Outcome(check, result, self._clock() - began, because)

    def _bounded(self, check: Check, seconds: float) -> Result:
        found: list[Result] = []
        self._running = _in_background(lambda: found.append(_result(check, self._context)))
        if self._running.wait(seconds):
            self._running = None
            return found[0]
        return failed(
            f"no answer within the {self._timeout:g} s of --timeout",
            hint="Something on the way swallows what is sent: a firewall, a proxy or a route. "
            f"`{self._context.command('doctor')} --timeout 120` waits longer.",
            code="timeout",
        )

    def _clean(self) -> None:
        """Also wait, for as long as the reserve, for a write that is on its way."""
        probes, running = self._context.probes, self._running
        end = self._clock() + self._reserve
        _in_background(probes.clean).wait(self._reserve)
        if running is not None and probes.left:
            running.wait(max(0.0, end - self._clock()))
        if running is None or running.is_set():
            self._context.close()

    def _left_behind(self, keys: Sequence[str]) -> Outcome:
        check = Check(LEFT, "Cleaning up", "probes", lambda _: skipped(""))
        result = warned(
            "may be left in the store: " + ", ".join(keys),
            hint=f"Delete them; a later run removes what is older than an hour under {PREFIX}*.",
        )
        return Outcome(check, result, 0.0)


def _in_background(call: Callable[[], object]) -> threading.Event:
    """Set when `call` has returned. Not `Thread.join`: up to Python 3.12 an interrupt of it makes
    the thread look as if it had ended.
    """
    done = threading.Event()

    def run() -> None:
        try:
            call()
        finally:
            done.set()

    threading.Thread(target=run, name="doctor", daemon=True).start()
    return done


def _result(check: Check, context: Context) -> Result:
    try:
        result = check.run(context)
    except Exception as error:  # noqa: BLE001  # a check that breaks is a finding too
        result = of_error(error, context, check)
    hint = None if result.hint is None else redact(result.hint)
    details = tuple(map(redact, result.details))
    return replace(result, summary=redact(result.summary), details=details, hint=hint)
