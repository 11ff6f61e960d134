"""Checks of the credential: who this process says it is, and whether the service believes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import Check, Result, passed
from ingenious_storage.errors import (
    ContainerNotFoundError,
    NotFoundError,
    PermissionDeniedError,
)

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Credential"


def _chosen(context: Context) -> Result:
    return guide_of(context).credential(context)


def _accepted(context: Context) -> Result:
    """A signed request, whatever it may do."""
    try:
        context.backend("data").get(".health/doctor-asks")  # a HEAD would have no code
    except (NotFoundError, ContainerNotFoundError):
        return passed("the service accepts it")
    except PermissionDeniedError as error:
        if error.service_code in guide_of(context).disbelief:
            raise
        return passed("the service knows it; what it may do is below")
    return passed("the service accepts it")


CHECKS: Final = (
    Check("credential", SECTION, "chosen", _chosen, needs=("service",)),
    Check("accepted", SECTION, "accepted", _accepted, needs=("credential",)),
)
