"""The infrastructure program as the tests load it, and what it registers under mocks."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.infra.program.recorder import Recording

INFRA = Path(__file__).resolve().parents[2] / "infra"

# Pulumi puts the program's folder there when it runs it.
if str(INFRA) not in sys.path:
    sys.path.append(str(INFRA))

# What a stack of each environment must choose by itself.
REQUIRED: dict[str, dict[str, object]] = {
    "dev": {},
    "test": {},
    "prod": {
        "vnet_cidr": "10.40.0.0/24",
        "subnet_cidr": "10.40.0.0/27",
        "alert_email": "oncall@example.com",
    },
}

API: dict[str, Any] = {
    "vnet_cidr": "10.40.0.0/24",
    "subnet_cidr": "10.40.0.0/27",
    "api_subnet_cidr": "10.40.0.64/26",
    "api_image": "acme.azurecr.io/ingenious-storage:1.0",
    "api_issuer": "https://login.microsoftonline.com/tenant/v2.0",
    "api_audience": "api://agents",
}
"""The API, in a network that the stack makes."""


class Recorder:
    """Runs the program under mocks; the same stack and settings are run once a session."""

    def __init__(self) -> None:
        self._recordings: dict[str, Recording] = {}

    def __call__(self, environment: str, stack: str | None = None, **config: object) -> Recording:
        """Run with an environment's required settings and `config`, where None drops a key."""
        recording = self.attempt(environment, stack, **config)
        if recording.error is not None:
            raise recording.error
        return recording

    def attempt(self, environment: str, stack: str | None = None, **config: object) -> Recording:
        """Run likewise, and keep what it raises in `error`."""
        from tests.infra.program.recorder import record_program

        chosen = {"environment": environment, **REQUIRED.get(environment, {}), **config}
        chosen = {key: value for key, value in chosen.items() if value is not None}
        identity = repr((stack, sorted(chosen.items())))
        if identity not in self._recordings:
            self._recordings[identity] = record_program(stack or environment, chosen)
        return self._recordings[identity]


@pytest.fixture(scope="session")
def record() -> Recorder:
    """`record("prod", sku="Standard_ZRS")` runs the program under mocks, once a session."""
    pytest.importorskip("pulumi_azure_native", reason="pip install 'ingenious-storage[infra]'")
    return Recorder()


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect the event loops that Pulumi leaves open, before they fail somebody else's test."""
    yield
    if "pulumi.automation" in sys.modules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
            gc.freeze()  # what is left is not looked at again: else each test pays for the SDK
