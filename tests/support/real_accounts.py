"""Real accounts for the tests, named by environment variables; docs/infrastructure.md has them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import pytest

ACCOUNT = "INGENIOUS_TEST_AZURE_ACCOUNT"
CONTAINER = "INGENIOUS_TEST_AZURE_CONTAINER"
ENDPOINT = "INGENIOUS_TEST_AZURE_ENDPOINT"
PROFILES = "INGENIOUS_TEST_AZURE_PROFILES"
PROFILE = "INGENIOUS_TEST_AZURE_PROFILE"
PATIENCE = "INGENIOUS_TEST_AZURE_PATIENCE"
S3_BUCKET = "INGENIOUS_TEST_S3_BUCKET"
S3_REGION = "INGENIOUS_TEST_S3_REGION"
S3_ENDPOINT = "INGENIOUS_TEST_S3_ENDPOINT"
GCS_BUCKET = "INGENIOUS_TEST_GCS_BUCKET"
_SIGN_IN = ("AZURE_", "AWS_", "GOOGLE_", "CLOUDSDK_", "GCE_")


def skip_without(*names: str) -> None:
    """Skip the module that calls this, unless one of these variables is set."""
    if not any(map(os.environ.get, names)):
        pytest.skip(f"no real account: {' and '.join(names)} are not set", allow_module_level=True)


def given(*names: str) -> tuple[str, ...]:
    """The variables' values; fails the test when one is missing."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        _fail(f"{' and '.join(missing)} must be set too")
    return tuple(os.environ[name] for name in names)


def only_process() -> None:
    """Fail under pytest-xdist: the tests share a container and empty it."""
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        _fail("the tests on a real account share one container: run them without -n")


@contextmanager
def signed_in(machine: Mapping[str, str]) -> Iterator[None]:
    """Give back the variables that sign in at the clouds, and no key of a storage account."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in machine.items():
            if name.startswith(_SIGN_IN) and not name.startswith("AZURE_STORAGE_"):
                patch.setenv(name, value)
        yield


def refuse_unless_empty(found: set[str], where: str, variable: str) -> None:
    """Fail rather than delete what somebody keeps there."""
    if found:
        _fail(
            f"{where} is not empty ({len(found)} blobs), and these tests delete everything: name "
            f"an empty one in {variable}"
        )


def _fail(message: str) -> NoReturn:
    pytest.fail(message, pytrace=False)
