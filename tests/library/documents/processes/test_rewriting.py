"""A history that is rewritten again and again while processes of two threads each append to it."""

from __future__ import annotations

import pytest

from ingenious_storage.documents import RewriteReceipt
from tests.library.documents.processes.beside import KEY, erase_or_append
from tests.support.writers import Place, Saved, together, whole_history

CROWDS = [(2, 6, 4), pytest.param(4, 25, 20, marks=pytest.mark.timeout(900))]


@pytest.mark.slow
@pytest.mark.parametrize(("processes", "turns", "rewrites"), CROWDS)
def test_nothing_is_lost_and_nothing_erased_comes_back(
    place: Place, processes: int, turns: int, rewrites: int
) -> None:
    results = together(erase_or_append, processes, place, turns, rewrites)
    receipts = [each for each in results[0] if isinstance(each, RewriteReceipt)]
    told = [each for result in results[1:] for each in result if isinstance(each, Saved)]
    assert len(receipts) == rewrites
    erased = [number for receipt in receipts for number in receipt.revisions]
    assert len(erased) == len({*erased}), "taken out twice"
    history = whole_history(place.backend(), KEY)
    assert {revision.number for revision, _ in history if revision.erased} == {*erased}
    final = history[-1][1]
    assert sorted(final) == sorted(value for saved in told for _, value in saved.acknowledged)
    for revision, data in history:
        assert revision.erased or data == final[: revision.number]
    assert len(history) == len(final) == sum(len(saved.acknowledged) for saved in told)
    written = {revision.write_id for revision, _ in history}
    assert written == {each.write_id for saved in told for each, _ in saved.acknowledged}
