"""A real bucket for the tests, named by an environment variable; docs/infrastructure.md has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

BUCKET = "INGENIOUS_TEST_GCS_BUCKET"


@contextmanager
def signed_in_to_google(machine: Mapping[str, str]) -> Iterator[None]:
    """Give back the variables that google-auth reads, and no emulator's."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in machine.items():
            if name.startswith(("GOOGLE_", "CLOUDSDK_", "GCE_")):
                patch.setenv(name, value)
        yield
