"""Bodies: JSON that would be stored as something else is refused, all other is taken as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.api import bodies
from ingenious_ops.api.errors import InvalidRequestError
from ingenious_storage.errors import InvalidDataError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_all_json_that_can_be_stored_is_taken(value: Any) -> None:
    assert bodies.parse(json.dumps(value).encode()) == value
    assert bodies.parse(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"'a'",
        b"[" * 2000 + b"]" * 2000,
        b"[1,]",
        b"01",
    ],
    ids=lambda body: repr(body)[:20],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="not JSON"):
        bodies.parse(body)


@pytest.mark.parametrize(
    "body",
    [b'{"a":1,"a":1}', b'[{"b":[{"a":{},"a":{}}]}]', b'{"a":1,"\\u0061":2}', b'{":":1,":":2}'],
    ids=repr,
)
def test_a_member_that_is_there_twice_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidDataError, match="twice"):
        bodies.parse(body)


@pytest.mark.parametrize(
    "body",
    [b"18446744073709551616", b"[-9223372036854775809]", b'{"a":' + b"9" * 30 + b"}"],
    ids=repr,
)
def test_an_integer_that_would_be_rounded_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidDataError, match="64 bits"):
        bodies.parse(body)


@pytest.mark.parametrize(
    "body",
    [
        b"0.12345678901234567890123",
        b"12345678901234567890123.5",
        b"1e-10",
        b"-9223372036854775808",
        b'"99999999999999999999999"',
        b'"a\\"99999999999999999999999:"',
    ],
    ids=repr,
)
def test_other_long_numbers_are_numbers(body: bytes) -> None:
    assert bodies.parse(body) == json.loads(body)
