from __future__ import annotations

import pytest

from ingenious_storage.runtime.parallel import map_all, map_stream


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_iteration_of_a_call_does_not_pass_for_the_end(workers: int) -> None:
    def first(items: list[int]) -> int:
        return next(iter(items))

    given = [[1], [], [3]]
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(map_stream(first, given, workers=workers))
    with pytest.raises(RuntimeError, match="StopIteration"):
        map_all(first, given, workers=workers)
