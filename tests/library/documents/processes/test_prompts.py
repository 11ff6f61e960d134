"""Two users and more, one prompt set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ingenious_storage.errors import AlreadyExistsError
from ingenious_storage.services.prompts import PromptLibrary
from tests.support.polling import eventually
from tests.support.writers import Place, together, whole_history

CREATORS = 5
NAMES = [f"set-{number}" for number in range(10)]
VERSIONS = 30
WATCHERS = 3
_PATIENCE_SECONDS = 60.0


def create_all(user: int, place: Place) -> dict[str, str]:
    """By name, what this user was told: the write_id, or that the name is taken."""
    files = place.files()
    prompts, told = PromptLibrary(files), {}
    for name in NAMES:
        try:
            told[name] = prompts.create_set(name, {"a": str(user)}, author=str(user)).write_id
        except AlreadyExistsError as error:
            told[name] = error.code
    files.close()
    return told


def in_threads(work: Callable[..., Any], count: int, *args: Any) -> list[Any]:
    barrier = threading.Barrier(count)

    def start(user: int) -> Any:
        barrier.wait(_PATIENCE_SECONDS)
        return work(user, *args)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.mark.parametrize("crowd", [in_threads, together], ids=["threads", "processes"])
def test_one_of_five_creators_wins(
    place: Place, crowd: Callable[..., list[dict[str, str]]]
) -> None:
    told = crowd(create_all, CREATORS, place)
    prompts = PromptLibrary(place.files())
    for name in NAMES:
        answers = [mine[name] for mine in told]
        assert answers.count("already_exists") == CREATORS - 1
        (winner,) = (user for user, answer in enumerate(answers) if answer != "already_exists")
        assert prompts.get_set(name) == {"a": str(winner)}
        ((revision, _),) = whole_history(place.backend(), f"prompts/{name}.json")
        assert (revision.write_id, revision.author) == (answers[winner], str(winner))


def version(number: int) -> dict[str, str]:
    return {f"prompt-{name}": f"{number} " * (1 + 997 * number % 50) for name in range(10)}


def commit_or_watch(user: int, place: Place) -> list[int]:
    """User 0 commits all versions; the others say which versions they saw, one a read.

    Half-way it waits until each of them has seen one.
    """
    files = place.files()
    prompts, seen = PromptLibrary(files), [0]
    if user == 0:
        for number in range(1, VERSIONS):
            prompts.commit("shared", version(number))
            if number == VERSIONS // 2:
                eventually(lambda: len([*prompts.list_sets()]) == 1 + WATCHERS)
        return [VERSIONS - 1]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while seen[-1] != VERSIONS - 1 and time.monotonic() < deadline:
        found = prompts.get_set("shared")
        seen.append(int(found["prompt-0"].split()[0]))
        assert found == version(seen[-1])
        if seen[-1] and not seen[-2]:
            prompts.create_set(f"seen-{user}")
    files.close()
    return seen


def test_ten_prompts_are_seen_changed_together_or_not_at_all(place: Place) -> None:
    PromptLibrary(place.files()).create_set("shared", version(0))
    _, *watchers = together(commit_or_watch, 1 + WATCHERS, place)
    for seen in watchers:
        assert seen == sorted(seen)
        assert seen[-1] == VERSIONS - 1
        assert 0 < next(filter(None, seen)) < VERSIONS - 1, "it saw a change"
