"""Spread work finds and writes what one process does, on every executor and in every division."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.opening import open_executor
from ingenious_ops.bulk.ranges import Range, split
from ingenious_ops.spread.spreading import Spread
from ingenious_storage.errors import UnavailableError
from tests.ops.spread.acts import ACTS
from tests.ops.spread.place import Place


def sections(act: str, encryption: dict[str, Any]) -> dict[str, Any]:
    return {"encryption": encryption} if act == "encrypted" else {}


def alone(act: str, place: Place) -> Any:
    with place.storage() as storage:
        return ACTS[act](place, storage, None)


@contextmanager
def spread_by(place: Place, choice: Choice, most: int) -> Iterator[Spread]:
    with place.job(choice) as job, open_executor(choice, threads=3) as executor:
        yield Spread(executor, job, most=most)


def spread(act: str, place: Place, choice: Choice, most: int) -> Any:
    with place.storage() as storage, spread_by(place, choice, most) as by:
        return ACTS[act](place, storage, by)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "most", [pytest.param(1, marks=pytest.mark.slow), 7, pytest.param(1000, marks=pytest.mark.slow)]
)
def test_in_ranges_of_any_length(
    act: str, most: int, written: Place, encryption: dict[str, Any], folder: Path
) -> None:
    given = sections(act, encryption)
    one = written.copied(folder / "one", **given)
    many = written.copied(folder / "many", **given)
    expected = alone(act, one)
    assert expected
    assert spread(act, many, Choice(), most) == expected


@pytest.fixture(params=["processes", "dask"])
def choice(request: pytest.FixtureRequest) -> Choice:
    if request.param == "processes":
        return Choice("processes", processes=2)
    return Choice("dask", request.getfixturevalue("cluster").address)


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS)
def test_in_other_processes(
    act: str, choice: Choice, written: Place, encryption: dict[str, Any], folder: Path
) -> None:
    given = sections(act, encryption)
    one = written.copied(folder / "one", **given)
    many = written.copied(folder / "many", **given)
    assert spread(act, many, choice, most=5) == alone(act, one)
    assert not list((folder / "many" / "data").glob(".ingenious*"))


def failing(_data: object, range_: Range) -> str:
    if range_.number in {1, 3}:
        raise UnavailableError(f"range {range_.number}")
    return range_.first


def test_the_first_error_in_the_order_of_ranges_is_raised(written: Place, folder: Path) -> None:
    with spread_by(written, Choice(), most=1) as by:
        found = by._run(failing, None, split("abcde", str, len, max_count=1))
        assert next(found) == "a"
        with pytest.raises(UnavailableError, match="range 1"):
            next(found)
