"""Ranges: every key in one of them, in order, none too large."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.bulk.ranges import split


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 5), st.integers(1, 60))
def test_ranges_hold_every_item_once_and_are_within_their_limits(
    sizes: list[int], count: int, total: int
) -> None:
    items = [(f"{number:03d}", size) for number, size in enumerate(sizes)]
    made = list(split(items, lambda i: i[0], lambda i: i[1], max_count=count, max_bytes=total))
    assert [item for each in made for item in each.items] == items
    assert [each.number for each in made] == list(range(len(made)))
    for each in made:
        assert (each.first, each.last) == (each.items[0][0], each.items[-1][0])
        assert (each.count, each.bytes) == (len(each.items), sum(i[1] for i in each.items))
        assert each.count <= count
        assert each.bytes <= total or each.count == 1


def test_ranges_are_made_as_they_are_asked_for() -> None:
    taken: list[int] = []

    def items() -> object:
        for number in range(100):
            taken.append(number)
            yield number

    first = next(split(items(), str, lambda _: 1, max_count=3))  # type: ignore[arg-type]
    assert first.count == 3
    assert taken == [0, 1, 2, 3]
