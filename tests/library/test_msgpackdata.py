"""MessagePack data come back as they were, or are refused before they are stored."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingenious_storage import msgpackdata
from ingenious_storage.errors import CorruptObjectError, InvalidDataError

names = st.text() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(alphabet=st.characters())  # lone surrogates too
    | st.binary(max_size=50)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=20
)


@settings(deadline=None, database=None, derandomize=True)
@given(values)
def test_what_is_dumped_is_loaded(value: Any) -> None:
    data = msgpackdata.dumps(value)
    assert msgpackdata.loads(data) == value
    assert msgpackdata.same(data, msgpackdata.dumps(value))


@settings(deadline=None, database=None, derandomize=True, max_examples=500)
@given(st.binary(max_size=60))
def test_other_bytes_are_refused_or_are_data(data: bytes) -> None:
    with suppress(CorruptObjectError):
        msgpackdata.loads(data)


def test_not_a_number_comes_back() -> None:
    assert math.isnan(msgpackdata.loads(msgpackdata.dumps([math.nan]))[0])


def test_the_order_of_names_stays() -> None:
    value = {"b": 1, "a": 2, 3: 4}
    assert list(msgpackdata.loads(msgpackdata.dumps(value))) == ["b", "a", 3]
    assert not msgpackdata.same(
        msgpackdata.dumps({"a": 1, "b": 2}), msgpackdata.dumps({"b": 2, "a": 1})
    )


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value", [{1}, object(), 2**64, -(2**63) - 1, 1j, deep(2000), Text("x"), [Text("x")]]
)
def test_what_would_not_come_back_is_refused(value: Any) -> None:
    with pytest.raises(InvalidDataError) as caught:
        msgpackdata.dumps(value)
    assert caught.value.code == "invalid_data"


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x81\x01", b"\x01\x01", b"\xdd\xff\xff\xff\xff"])
def test_what_was_never_dumped_is_told_without_a_word_of_it(data: bytes) -> None:
    with pytest.raises(CorruptObjectError) as caught:
        msgpackdata.loads(data, key="a key")
    assert caught.value.key == "a key"


def test_what_is_nested_as_deep_as_can_be_dumped_can_be_loaded() -> None:
    levels = next(n for n in range(400, 2000) if not dumped(n + 1))
    data = msgpackdata.dumps(deep(levels))
    assert msgpackdata.same(data, msgpackdata.dumps(msgpackdata.loads(data)))


def dumped(levels: int) -> bool:
    try:
        msgpackdata.dumps(deep(levels))
    except InvalidDataError:
        return False
    return True


def test_a_tuple_is_a_list_and_no_name() -> None:
    assert msgpackdata.loads(msgpackdata.dumps({"a": (1, (2,))})) == {"a": [1, [2]]}
    with pytest.raises(InvalidDataError):
        msgpackdata.dumps({(1, 2): "what could never be read"})
