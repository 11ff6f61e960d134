"""What is counted of bulk work, whichever executor does it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import cast

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.opening import open_executor
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.watched import ATTR_EXECUTOR, KEYS, RANGES
from ingenious_ops.bulk.work import Outcome, Work
from ingenious_storage import telemetry
from ingenious_storage.errors import NotFoundError
from tests.ops.bulk.works import ranges
from tests.support.telemetry import watching


def fails_at_2(_data: None, range_: Range) -> None:
    if range_.number == 2:
        raise NotFoundError("nothing is there", key="k")


def test_ranges_are_counted_by_what_became_of_them() -> None:
    given = ranges(5)
    with watching() as watch, open_executor(Choice(), threads=2) as executor:
        outcomes = list(executor.run(Work(fails_at_2), given))
        counted = watch.metrics()
    assert len(outcomes) == 5
    became = {each.get(telemetry.ATTR_ERROR): number for each, number in counted[RANGES].points}
    assert became == {None: 4, "not_found": 1}
    keys = sum(each.count for each in given if each.number != 2)
    assert counted[KEYS].points == [({ATTR_EXECUTOR: "threads"}, keys)]


def test_who_stops_reading_stops_the_executor() -> None:
    taken: list[int] = []

    def given() -> Iterator[Range]:
        for each in ranges(100):
            taken.append(each.number)
            yield each

    with open_executor(Choice(), threads=1) as executor:
        outcomes = cast("Generator[Outcome]", executor.run(Work(fails_at_2), given()))
        next(outcomes)
        outcomes.close()
    assert len(taken) < 100
