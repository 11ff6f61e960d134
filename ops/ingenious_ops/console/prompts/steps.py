"""Steps of a label: what it pinned before what it pins, so that a bad release is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from ingenious_storage import Label


def step_back(history: Sequence[Label]) -> Label | None:
    """Where a label goes when its last step is taken back; None when there was none.

    A step back is a move like any other. It takes the step that it undid out of the way, so a
    second step back goes on to what was there before, and not to the bad release again.

    Args:
        history: newest first, as `label_history` gives it.
    """
    steps = list[Label]()
    for label in reversed(history):
        if steps and _same(steps[-1], label):
            continue
        if len(steps) > 1 and _same(steps[-2], label):
            steps.pop()
        else:
            steps.append(label)
    return steps[-2] if len(steps) > 1 else None


def _same(one: Label, other: Label) -> bool:
    return (one.set, one.id) == (other.set, other.id)
