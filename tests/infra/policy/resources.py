"""Resources that the mocks recorded, as the policies read them."""

from __future__ import annotations

from ingenious_infra.policy.model import Resource
from tests.infra.program.recorder import Recording


def resources_of(recording: Recording) -> list[Resource]:
    """Return a recording's resources for `policy.rules.violations`."""
    return [
        Resource(found.type, found.name, found.inputs, found.protect)
        for found in recording.resources
    ]
