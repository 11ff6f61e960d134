"""Explorer: every schedule of a scenario, depth first, each replayed from the beginning.

A schedule is a list of choices: `A` lets A make its request; `A!lost` loses the answer, `A!late`
lets it arrive later, or never, and `A!crash` kills A as soon as it has arrived; `~A3` lets a late
one arrive, and `.` says that those which are left never do.

A state is what is stored, and for each actor what it has seen: the code is deterministic, so that
says all of its memory. What was explored from a state once is not explored again, which is sound:
orders of requests that do not touch each other meet in the same state. The schedules that a graph
of states stands for are counted all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ingenious_storage.errors import StorageError
from tests.library.documents.simulation.actors import Actor, Call, Fault
from tests.library.documents.simulation.scenario import Ended, Scenario

_END: Final = "."
_LONGEST: Final = 200
"""Steps of a run. No case comes near: a writer tries again only where another one was faster."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a scenario is explored: by counts alone, so that it is the same everywhere."""

    answers: int = 0
    """Answers that are lost."""
    late: bool = False
    """Whether a request without an answer may arrive at any time later, or never."""
    crashes: int = 0
    switches: int | None = None
    """Changes from an actor that could go on to another; None: any number."""

    def __str__(self) -> str:
        lost = ("a lost answer", "a lost or late answer")[self.late] if self.answers else ""
        told = [each for each in (lost, "a crash" if self.crashes else "") if each]
        faults = ", ".join(told) or "no fault"
        return faults if self.switches is None else f"{faults}, {self.switches} switches"


@dataclass(slots=True)
class Explored:
    """What came of it."""

    runs: int = 0
    """How often the scenario was begun."""
    ends: int = 0
    """Different states that it ended in, each checked."""
    worlds: set[Any] = field(default_factory=set)
    """What was stored at those ends."""
    graph: dict[Any, list[Any]] = field(default_factory=dict)

    @property
    def states(self) -> int:
        return len(self.graph)

    def schedules(self) -> int:
        """Paths through the graph from its first state."""
        counts: dict[Any, int] = {}
        # What is reached first is not always finished first; children are counted before parents.
        waiting = [next(iter(self.graph))]
        while waiting:
            at = waiting[-1]
            missing = [each for each in self.graph[at] if each not in counts]
            if missing:
                waiting += missing
                continue
            counts[at] = sum(counts[each] for each in self.graph[at]) or 1
            waiting.pop()
        return counts[next(iter(self.graph))]

    def __str__(self) -> str:
        return (
            f"{self.schedules():,} schedules, {self.states:,} states, {self.ends:,} ends, "
            f"{len(self.worlds):,} worlds, {self.runs:,} runs"
        )


class ViolationError(AssertionError):
    """A promise that a schedule breaks; the schedule replays it."""

    def __init__(self, schedule: Sequence[str], calls: Iterable[Call], runs: int) -> None:
        told = "".join(f"\n  {call}" for call in calls)
        super().__init__(f"run {runs}, schedule {' '.join(schedule)!r}:{told}")
        self.schedule, self.runs = " ".join(schedule), runs


class Run:
    """One run of a scenario, choice by choice."""

    def __init__(self, scenario: Scenario, bounds: Bounds) -> None:
        self.bounds, self.scenario = bounds, scenario
        self.late: list[tuple[str, Any]] = []
        self.world, self.actors, self._shared = scenario.begin(self.late)
        self.taken: list[str] = []
        self._lost = self._crashed = self._switched = 0
        self._last: Actor | None = None

    def choices(self) -> list[str]:
        """What may come next; none at the end."""
        ready = [actor for actor in self.actors if actor.waits_for is not None]
        if self.scenario.alike and not self.taken:
            ready = ready[:1]
        if self._last in ready:
            # Who was at it goes on first; others are changes.
            ready.remove(self._last)
            ready.insert(0, self._last)
            if self.bounds.switches is not None and self._switched >= self.bounds.switches:
                ready = ready[:1]
        found = [actor.name for actor in ready]
        found += [name for name, _ in self.late]
        if not ready:
            return [*found, _END] if found else []
        return [*found, *self._faults(ready)]

    def take(self, choice: str) -> None:
        self.taken.append(choice)
        assert len(self.taken) <= _LONGEST, "it does not end"
        if choice == _END:
            self.late.clear()
        elif choice.startswith("~"):
            self._arrive(choice)
        else:
            name, _, fault = choice.partition("!")
            self._go(name, cast(Fault, fault) if fault else None)

    def state(self) -> Any:
        """Equal where the same can come, and be found wrong."""
        mine = tuple((actor.history, actor.crashed) for actor in self.actors)
        late = tuple(sorted(name for name, _ in self.late))
        last = None
        if self.bounds.switches is not None and self._last is not None:
            last = (self._last.name, self._switched)
        used = (self._lost, self._crashed, last)
        # What actors remember together, no history of one of them says.
        held = self._shared.reader.heads.get(self.scenario.key) if self._shared else None
        return self.world.state(), mine, late, used, held and held.etag

    def ended(self) -> Ended:
        calls = {call.name: call for actor in self.actors for call in actor.calls}
        return Ended(self.world.copy(), calls, self.scenario)

    def stop(self) -> None:
        for actor in self.actors:
            actor.stop()

    def _faults(self, ready: Iterable[Actor]) -> Iterator[str]:
        for actor in ready:
            assert actor.waits_for is not None
            writes = actor.waits_for.writes
            if self._lost < self.bounds.answers:
                yield f"{actor.name}!{'late' if self.bounds.late and writes else 'lost'}"
            # Whoever dies without having written was never there.
            if self._crashed < self.bounds.crashes and writes:
                yield f"{actor.name}!crash"

    def _arrive(self, name: str) -> None:
        number = [each for each, _ in self.late].index(name)
        _, call = self.late.pop(number)
        with suppress(StorageError):
            call()

    def _go(self, name: str, fault: Fault | None) -> None:
        actor = next(each for each in self.actors if each.name == name)
        self._lost += fault in {"lost", "late"}
        self._crashed += fault == "crash"
        if self._last not in {None, actor} and self._last.waits_for is not None:
            self._switched += 1
        self._last = actor
        actor.go(fault)
        if actor.failure is not None:
            raise actor.failure


def explore(scenario: Scenario, bounds: Bounds) -> Explored:
    """Every schedule within the bounds. Raises: ViolationError for the first that is wrong."""
    found = Explored()
    waiting: list[tuple[Any, tuple[str, ...]]] = [(None, ())]
    while waiting:
        before, schedule = waiting.pop()
        found.runs += 1
        run = Run(scenario, bounds)
        try:
            waiting += _follow(run, schedule, before, found)
        except Exception as error:
            calls = [call for actor in run.actors for call in actor.calls]
            raise ViolationError(run.taken, calls, found.runs) from error
        finally:
            run.stop()
    return found


def _follow(
    run: Run, schedule: Sequence[str], before: Any, found: Explored
) -> list[tuple[Any, tuple[str, ...]]]:
    """Replay, then go on to an end or to what is known; what else could have been chosen."""
    others: list[tuple[Any, tuple[str, ...]]] = []
    for choice in schedule:
        run.take(choice)
    while True:
        state = run.state()
        if before is not None:
            found.graph[before].append(state)
        if state in found.graph:
            return others
        found.graph[state], before = [], state
        choices = run.choices()
        if not choices:
            found.ends += 1
            run.scenario.check(run.ended(), found.worlds)
            return others
        others += [(state, (*run.taken, other)) for other in reversed(choices[1:])]
        run.take(choices[0])


def replay(scenario: Scenario, schedule: str, bounds: Bounds) -> None:
    """One schedule. Raises: ViolationError."""
    run = Run(scenario, bounds)
    try:
        for choice in schedule.split():
            run.take(choice)
        assert not run.choices(), "the schedule has no end"
        scenario.check(run.ended(), set())
    except Exception as error:
        calls = [call for actor in run.actors for call in actor.calls]
        raise ViolationError(run.taken, calls, 1) from error
    finally:
        run.stop()
