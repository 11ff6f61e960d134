"""A real issuer on loopback, a clock that a test moves, and settings that trust both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ingenious_storage.config import ApiSettings, Settings
from tests.support.issuer import AUDIENCE, Issuer, running_issuer


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def settings(issuer: Issuer) -> Settings:
    return Settings(api=api_settings(issuer))


def api_settings(issuer: Issuer, **more: object) -> ApiSettings:
    given = {
        "issuer": issuer.url,
        "audience": AUDIENCE,
        "roles": {
            "readers": "reader",
            "writers": {"role": "editor", "containers": "revisions"},
            "owners": "admin",
        },
    }
    return ApiSettings.model_validate(given | more)
