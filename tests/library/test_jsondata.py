"""What is not JSON is refused with its place; what is comes back as it was."""

from __future__ import annotations

import enum
import math
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest

from ingenious_storage import jsondata
from ingenious_storage.errors import InvalidDataError


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Name(enum.StrEnum):
    ADA = "ada"


@dataclass
class Point:
    x: int


class Pair(NamedTuple):
    a: int
    b: int


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
DEEP: Any = 1
for _ in range(300):
    DEEP = [DEEP]
BAD = {
    "NaN": (math.nan, "nan has no JSON form"),
    "infinity": (-math.inf, "-inf has no JSON form"),
    "65 bits": (2**64, "an integer of more than 64 bits"),
    "65 bits, negative": (-(2**63) - 1, "an integer of more than 64 bits"),
    "lone surrogate": ("ab\ud800", "a lone surrogate at character 2"),
    "surrogate in a key": ({"\udc00": 1}, "a lone surrogate at character 0 of a key"),
    "key of another type": ({1: 2}, "a key of type int, where only text can be one"),
    "set": ({1}, "set has no JSON form"),
    "bytes": (b"x", "bytes has no JSON form"),
    "date": (date(2026, 1, 2), "date has no JSON form"),
    "time": (datetime(2026, 1, 2, tzinfo=UTC), "datetime has no JSON form"),
    "dataclass": (Point(1), "Point has no JSON form"),
    "complex": (1j, "complex has no JSON form"),
    "UUID": (uuid.UUID(int=1), "UUID would come back as another type"),
    "Enum": (Colour.RED, "Colour would come back as another type"),
    "object": (object(), "object has no JSON form"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_refusal_says_where(name: str) -> None:
    bad, said = BAD[name]
    places = {
        "at the top": bad,
        "at '/a~1b/0/~0c'": {"z": None, "a/b": [{"~c": bad}, bad]},
        "at '/messages/2/meta/ids/0'": {"messages": [{}, {"x": 1}, {"meta": {"ids": (bad,)}}]},
    }
    for place, value in places.items():
        with pytest.raises(InvalidDataError) as caught:
            jsondata.dumps(value)
        assert str(caught.value).startswith(f"this data is not JSON: {said}")
        assert str(caught.value).endswith(f", {place}")


@pytest.mark.parametrize(("value", "place"), [(CYCLE, "/0/0/0"), ({"a": DEEP}, "/a/0/0")])
def test_too_deep_says_where(value: Any, place: str) -> None:
    with pytest.raises(InvalidDataError, match=f"levels deep.*at '{place}"):
        jsondata.dumps(value)


def test_what_is_text_or_a_number_by_its_type_is_taken() -> None:
    """It equals what comes back."""
    for value in (Level.HIGH, Name.ADA, [Name.ADA], {"a": Level.HIGH}, type("T", (dict,), {})(a=1)):
        assert jsondata.loads(jsondata.dumps(value)) == value
    assert jsondata.loads(jsondata.dumps({"a": (1, None)})) == {"a": [1, None]}


def test_a_named_tuple_is_not_taken_apart() -> None:
    with pytest.raises(InvalidDataError, match="not JSON"):
        jsondata.dumps(Pair(1, 2))


def test_random_values_come_back_as_they_were() -> None:
    seeded = random.Random(7)

    def value(depth: int) -> Any:
        kind = seeded.randrange(8 if depth else 6)
        if kind == 6:
            return [value(depth - 1) for _ in range(seeded.randrange(4))]
        if kind == 7:
            return {f"k{n}": value(depth - 1) for n in range(seeded.randrange(4))}
        return (
            None,
            True,
            seeded.getrandbits(64),
            -seeded.getrandbits(63),
            seeded.random(),
            "é\0x",
        )[kind]

    for _ in range(500):
        made = value(5)
        assert jsondata.loads(jsondata.dumps(made)) == made
