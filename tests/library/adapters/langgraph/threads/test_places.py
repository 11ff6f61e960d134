"""Places of checkpoints, against a list of all that was put."""

from __future__ import annotations

import random

import pytest

from ingenious_storage.adapters.langgraph.threads import places


@pytest.mark.parametrize("disorder", [0, 0.1, 0.5])
def test_no_checkpoint_is_looked_for_in_the_wrong_place(disorder: float) -> None:
    draw, found, numbers = random.Random(3), list[places.Place](), dict[str, int]()
    for number in range(1, 1500):
        late = draw.random() < disorder
        name = f"{draw.randrange(number) if late else number:05}{'x' * late}"
        found, numbers[name] = places.added(found, name, number), number
    count = 1499
    for name, number in numbers.items():
        inside = places.among(found, name, count)
        assert number in inside
        older = [other for each, other in numbers.items() if each < name]
        assert places.before(found, name) >= max(older, default=0)
        if number > count - places.EXACT:
            assert len(inside) == 1
    assert len(places.among(found, "99999", count)) == 0
    assert len(places.among(found, "01490y", count)) == 0
    if not disorder:
        assert len(places.among(found, "", count)) == 0
        assert len(found) <= places.EXACT + count // places.EACH + 2
