"""Our answers beside those of the real framework, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import ApiSettings, Settings, StorageSettings
from tests.ops.api.framework import environment, record, workspace
from tests.ops.api.framework.asked import CLOSED, OPEN, RECORDED, Asked

Answers = dict[str, Any]


def _found(files: list[str], used: str) -> Callable[[Answers], Answers]:
    def change(answer: Answers) -> Answers:
        body = {**answer["body"], "files": files, "count": len(files), "actual_revision_used": used}
        del body["note"]
        return {**answer, "body": body}

    return change


def _at_once(answer: Answers) -> Answers:
    names = [*workspace.PROMPTS]
    body = {"count": 5, "discovered_from": "template_directories", "revisions": sorted(names)}
    return {"status": 200, "headers": {"content-type": "application/json"}, "body": body}


_BIKE = ["customer.md", "fiscal.jinja"]
DIFFERENCES: dict[str, Callable[[Answers], Answers]] = {
    # A redirect to the same path without the slash: answered at once.
    "revisions-with-a-slash": _at_once,
    # `_` and capitals are other folders there; here they are other spellings of one set.
    "list-with-an-underscore": _found(_BIKE, "bike_insights"),
    "list-in-capitals": _found(_BIKE, "Bike-Insights"),
}
"""Where we answer something else, on purpose, and what."""
OURS = {"prompts", "prompts-by-nobody"}
"""Paths that the framework does not have."""
FEWER = {"input"}
"""What is not repeated of a request: it may be a secret."""


@pytest.fixture(scope="module")
def answered() -> Answers:
    """What this API answers, in both arrangements."""
    found: dict[str, Answers] = {name: {} for name in RECORDED}
    keys = {"ci": {"sha256": "0" * 64, "role": "editor", "containers": ["revisions"]}}
    for arrangement, api in {"open": {}, "closed": {"keys": keys}}.items():
        settings = Settings(
            storage=StorageSettings(type="inmemory"), api=ApiSettings.model_validate(api)
        )
        with Storage(settings) as storage:
            for name, files in workspace.PROMPTS.items():
                storage.prompts.create_set(name, files)
            with TestClient(
                create_app(storage), "http://127.0.0.1", follow_redirects=False
            ) as client:
                for asked in RECORDED[arrangement]:
                    found[arrangement][asked.name] = record.ask(client, asked)
    return found


def test_every_request_was_recorded() -> None:
    for arrangement, asked in RECORDED.items():
        assert record.read(arrangement).keys() == {each.name for each in asked}


@pytest.mark.parametrize(
    ("arrangement", "asked"),
    [*(("open", each) for each in OPEN), *(("closed", each) for each in CLOSED)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_an_answer_is_the_framework_s(answered: Answers, arrangement: str, asked: Asked) -> None:
    if asked.name in OURS:
        assert answered[arrangement][asked.name]["status"] in {200, 401}
        return
    theirs, ours = record.read(arrangement)[asked.name], answered[arrangement][asked.name]
    if asked.name in DIFFERENCES:
        theirs = DIFFERENCES[asked.name](theirs)
    assert ours["status"] == theirs["status"]
    if theirs["status"] not in {404, 405}:  # those come from outside of the routes, as problems
        assert ours["headers"] == theirs["headers"]
    if theirs["status"] == 200:
        assert ours["body"] == theirs["body"]
    _holds(ours["body"], theirs["body"])


def _holds(ours: Any, theirs: Any) -> None:
    """Every field of theirs is in ours, with the same value; ours may have more."""
    if isinstance(theirs, dict):
        for name in theirs.keys() - FEWER:
            assert name in ours
            _holds(ours[name], theirs[name])
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            _holds(mine, other)
    else:
        assert ours == theirs


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("arrangement", RECORDED)
def test_the_framework_still_answers_what_was_recorded(arrangement: str) -> None:
    if environment.python_313() is None:
        pytest.skip(environment.MISSING)
    again = record.record(arrangement, environment.install())
    assert again == record.read(arrangement)
